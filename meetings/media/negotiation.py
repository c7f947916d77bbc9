"""What we accept of an offered m-line: codecs, feedback, header extensions, layers.

Pure. The sending connection offers what it can send, the receiving one what it can play; a slot may carry any codec
that both know, found by `Codec` key.
"""

from __future__ import annotations

from dataclasses import dataclass

from meetings.media import sdp

_FEEDBACK_UP = frozenset({"nack", "nack pli", "ccm fir", "transport-cc"})
_FEEDBACK_DOWN = frozenset({"nack", "nack pli", "ccm fir"})
_EXTENSIONS_UP = frozenset({sdp.MID, sdp.RID, sdp.REPAIRED_RID, sdp.AUDIO_LEVEL, sdp.TRANSPORT_CC, sdp.ORIENTATION})
FORWARDED = frozenset({sdp.AUDIO_LEVEL, sdp.ORIENTATION})
MAX_LAYERS = 3


@dataclass(frozen=True, slots=True)
class Format:
    """A payload type in use. `key` is equal where sender and receiver mean the same bytes."""

    key: str
    payload_type: int
    clock: int
    repair: int | None
    """The payload type of its RTX."""
    inner: int | None = None
    """The payload type of the frames inside, of redundant audio (RFC 2198)."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """One agreed m-line."""

    answer: sdp.AnswerSection
    formats: tuple[Format, ...]
    extensions: dict[str, int]
    """URI → id, as the other side numbers them."""


def codec_key(codec: sdp.Codec) -> str | None:
    """Names what we forward: Opus, alone and redundant, VP8, and H264 in packetization mode 1 by profile; None for
    the rest."""
    if codec.name in ("opus", "vp8") or (codec.name == "red" and codec.clock == 48_000):
        return codec.name
    if codec.name == "h264" and codec.parameter("packetization-mode") == "1":
        profile = (codec.parameter("profile-level-id") or "").lower()
        if profile[:4] in ("42e0", "4200"):  # (constrained) baseline: what every browser decodes
            return f"h264-{profile[:4]}"
    return None


def _choose(section: sdp.Section, feedback: frozenset[str]) -> tuple[list[sdp.Codec], list[Format]]:
    codecs: list[sdp.Codec] = []
    formats: list[Format] = []
    # VP8 first: the answer's order is what the browser sends by
    ordered = sorted(section.codecs, key=lambda codec: codec.name != "vp8")
    for codec in ordered:
        key = codec_key(codec)
        if key is None or any(known.key == key for known in formats):
            continue
        inner = _inside(codec, section) if key == "red" else None
        if key == "red" and inner is None:
            continue
        repair = next(
            (
                item
                for item in section.codecs
                if item.name == "rtx" and item.parameter("apt") == str(codec.payload_type)
            ),
            None,
        )
        parameters = codec.parameters
        if key == "opus":
            parameters = "minptime=10;useinbandfec=1;usedtx=1"
        kept = tuple(item for item in codec.feedback if item in feedback)
        codecs.append(sdp.Codec(codec.payload_type, codec.encoding, codec.clock, codec.channels, parameters, kept))
        if repair is not None:
            codecs.append(sdp.Codec(repair.payload_type, "rtx", repair.clock, 1, repair.parameters))
        formats.append(Format(key, codec.payload_type, codec.clock, repair.payload_type if repair else None, inner))
    return codecs, formats


def _inside(codec: sdp.Codec, section: sdp.Section) -> int | None:
    """The Opus that redundant audio repeats: its parameters are the same payload type again and again (RFC 2198 5)."""
    named = set(codec.parameters.split("/"))
    opus = next((item for item in section.codecs if item.name == "opus"), None)
    return opus.payload_type if opus is not None and named == {str(opus.payload_type)} else None


def accept_sending(section: sdp.Section) -> Accepted | None:
    """Agree to receive what the browser sends in this m-line; None when there is no codec we forward."""
    codecs, formats = _choose(section, _FEEDBACK_UP)
    if not formats:
        return None
    extensions = tuple((number, uri) for number, uri in section.extensions if uri in _EXTENSIONS_UP)
    answer = sdp.AnswerSection("recvonly", tuple(codecs), extensions, section.rids[:MAX_LAYERS])
    return Accepted(answer, tuple(formats), {uri: number for number, uri in extensions})


def accept_receiving(section: sdp.Section, ssrc: int, repair: int | None, stream: str) -> Accepted | None:
    """Agree to send into this m-line under `ssrc` (and `repair` for RTX)."""
    codecs, formats = _choose(section, _FEEDBACK_DOWN)
    if not formats:
        return None
    extensions = tuple((number, uri) for number, uri in section.extensions if uri in FORWARDED)
    repairs = any(item.repair is not None for item in formats)
    answer = sdp.AnswerSection("sendonly", tuple(codecs), extensions, (), (ssrc, repair if repairs else None), stream)
    return Accepted(answer, tuple(formats), {uri: number for number, uri in extensions})


def dormant(section: sdp.Section) -> sdp.AnswerSection | None:
    """Keep an inactive m-line open for later use; None when its codecs are none of ours."""
    codecs, formats = _choose(section, _FEEDBACK_UP)
    return sdp.AnswerSection("inactive", tuple(codecs)) if formats else None
