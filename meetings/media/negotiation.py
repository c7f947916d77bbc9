"""What we accept of an offered m-line: codecs, feedback, header extensions, layers.

Pure. The sending connection offers what it can send, the receiving one what it can play; a slot may carry any codec
that both know, found by `Codec` key.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from meetings.media import sdp

_FEEDBACK_UP = frozenset({"nack", "nack pli", "ccm fir", "transport-cc", "rrtr"})
# sound is repeated under its own number, so that a packet must be the same each time it is encrypted (RFC 3711 9.1):
# it carries no transport-wide number
_FEEDBACK_DOWN = {"audio": _FEEDBACK_UP - {"transport-cc"}, "video": _FEEDBACK_UP}
_EXTENSIONS_UP = frozenset(
    {sdp.MID, sdp.RID, sdp.REPAIRED_RID, sdp.AUDIO_LEVEL, sdp.TRANSPORT_CC, sdp.ORIENTATION, sdp.DEPENDENCY}
)
FORWARDED = frozenset({sdp.AUDIO_LEVEL, sdp.ORIENTATION, sdp.DEPENDENCY})
_EXTENSIONS_DOWN = {"audio": FORWARDED, "video": FORWARDED | {sdp.TRANSPORT_CC}}
_H264_PROFILES = (
    # name, profile_idc, which constraint bits count, what they are
    ("constrained-baseline", 0x42, 0x4F, 0x40),
    ("constrained-baseline", 0x4D, 0x8F, 0x80),
    ("constrained-baseline", 0x58, 0xCF, 0xC0),
    ("baseline", 0x42, 0x4F, 0x00),
    ("baseline", 0x58, 0xCF, 0x80),
    ("main", 0x4D, 0xAF, 0x00),
    ("high", 0x64, 0xFF, 0x00),
    ("constrained-high", 0x64, 0xFF, 0x0C),
)
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
    repeats: bool = True
    """Whether lost packets are asked for and sent again (RFC 4585)."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """One agreed m-line."""

    answer: sdp.AnswerSection
    formats: tuple[Format, ...]
    extensions: dict[str, int]
    """URI → id, as the other side numbers them."""


def codec_key(codec: sdp.Codec) -> str | None:
    """Names what we forward: Opus, alone and redundant, VP8, VP9 and AV1 by profile, and H264 in packetization mode 1
    by profile; None for the rest."""
    if codec.name in ("opus", "vp8") or (codec.name == "red" and codec.clock == 48_000):
        return codec.name
    if codec.name == "vp9":
        return f"vp9-{codec.parameter('profile-id') or '0'}"  # RFC 9628 6: 0 where it is not said
    if codec.name == "av1":
        return f"av1-{codec.parameter('profile') or '0'}"
    if codec.name == "h264" and codec.parameter("packetization-mode") == "1":
        profile = _h264_profile(codec.parameter("profile-level-id") or "42000a")
        return f"h264-{profile}" if profile else None
    return None


def _h264_profile(text: str) -> str | None:
    """The profile in `profile-level-id` (RFC 6184 8.1, table 5); None for those that browsers do not have."""
    try:
        profile, constraints = int(text[:2], 16), int(text[2:4], 16)
    except ValueError:
        return None
    for name, number, mask, value in _H264_PROFILES:
        if profile == number and constraints & mask == value:
            return name
    return None


def matching(formats: Sequence[Format], key: str) -> Format | None:
    """The receiver's format for what a sender calls `key`.

    Every H264 decoder reads constrained baseline (ITU-T H.264 A.2)."""
    found = next((item for item in formats if item.key == key), None)
    if found is None and key == "h264-constrained-baseline":
        return next((item for item in formats if item.key.startswith("h264-")), None)
    return found


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
        again = repair.payload_type if repair is not None else None
        repeats = section.kind == "video" or "nack" in kept
        formats.append(Format(key, codec.payload_type, codec.clock, again, inner, repeats))
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
    codecs, formats = _choose(section, _FEEDBACK_DOWN[section.kind])
    if not formats:
        return None
    wanted = _EXTENSIONS_DOWN[section.kind]
    extensions = tuple((number, uri) for number, uri in section.extensions if uri in wanted)
    repairs = any(item.repair is not None for item in formats)
    answer = sdp.AnswerSection("sendonly", tuple(codecs), extensions, (), (ssrc, repair if repairs else None), stream)
    return Accepted(answer, tuple(formats), {uri: number for number, uri in extensions})


def dormant(section: sdp.Section) -> sdp.AnswerSection | None:
    """Keep an inactive m-line open for later use; None when its codecs are none of ours."""
    codecs, formats = _choose(section, _FEEDBACK_UP)
    return sdp.AnswerSection("inactive", tuple(codecs)) if formats else None
