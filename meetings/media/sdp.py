"""Session descriptions (RFC 8866, JSEP RFC 8829): read an offer, write the answer of an ICE-lite server.

Pure. Written here because aiortc's parser drops rid, simulcast and the direction of extensions. Whatever is
wrong with an offer, `parse_offer` raises BadOffer and nothing else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence, Sized
from dataclasses import dataclass, field, replace
from typing import NamedTuple, TypeVar

from meetings.media.port import BadOffer

DISCARD = 9
MAX_BYTES = 128 * 1024
MAX_ITEMS = 128
"""Formats, layers, SSRCs, kinds of feedback… of one m-line; fingerprints of an offer."""
_MAX_PARAMETERS = 2048
_Some = TypeVar("_Some", bound=Sized)
_TOKEN = re.compile(r"[!-~]{1,256}")
_ICE = re.compile(r"[A-Za-z0-9+/=_-]{4,256}")
_DIRECTIONS = frozenset({"sendrecv", "sendonly", "recvonly", "inactive"})
_DIGESTS = frozenset({"sha-256", "sha-384", "sha-512"})

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
TRANSPORT_CC = "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"
ORIENTATION = "urn:3gpp:video-orientation"
DEPENDENCY = "https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"


@dataclass(frozen=True, slots=True)
class Codec:
    """One payload type: the name as written (Chromium sends nothing for a "vp8"), clock rate in Hz."""

    payload_type: int
    encoding: str
    clock: int
    channels: int = 1
    parameters: str = ""
    feedback: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """In lower case, for comparison."""
        return self.encoding.lower()

    def parameter(self, name: str) -> str | None:
        for part in self.parameters.split(";"):
            key, _, value = part.strip().partition("=")
            if key.lower() == name:
                return value
        return None


@dataclass(frozen=True, slots=True)
class Section:
    """One m-line of an offer."""

    kind: str
    mid: str
    direction: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    codecs: tuple[Codec, ...] = ()
    extensions: tuple[tuple[int, str], ...] = ()
    rids: tuple[str, ...] = ()
    """What the offerer would send by simulcast, in its order of preference."""
    ssrcs: tuple[int, ...] = ()
    repairs: tuple[tuple[int, int], ...] = ()
    """(media SSRC, RTX SSRC)."""

    @property
    def is_media(self) -> bool:
        return self.kind in ("audio", "video") and self.port != 0 and bool(self.codecs)

    @property
    def sends(self) -> bool:
        return self.is_media and self.direction in ("sendrecv", "sendonly")

    @property
    def receives(self) -> bool:
        return self.is_media and self.direction in ("sendrecv", "recvonly")


@dataclass(frozen=True, slots=True)
class Offer:
    """What the engine needs of an offer. All m-lines share one transport (BUNDLE)."""

    ufrag: str
    password: str
    fingerprints: tuple[tuple[str, str], ...]
    sections: tuple[Section, ...]
    mixed: bool = False
    """The offerer takes one-byte and two-byte header extensions in one stream (RFC 8285 4.1.2)."""


@dataclass(slots=True)
class _Draft:
    """One m-line while its lines are read."""

    kind: str
    port: int
    protocol: str
    formats: tuple[str, ...]
    mid: str = ""
    direction: str = "sendrecv"
    maps: dict[int, tuple[str, int, int]] = field(default_factory=dict)
    parameters: dict[int, str] = field(default_factory=dict)
    feedback: dict[str, dict[str, None]] = field(default_factory=dict)
    extensions: dict[int, str] = field(default_factory=dict)
    rids: list[str] = field(default_factory=list)
    simulcast: list[str] | None = None
    ssrcs: list[int] = field(default_factory=list)
    bundle_only: bool = False
    """Port 0 then does not mean that it is refused (RFC 9143 6)."""
    repairs: list[tuple[int, int]] = field(default_factory=list)

    def section(self) -> Section:
        rids = [rid for rid in (self.simulcast if self.simulcast is not None else self.rids) if rid in self.rids]
        return Section(
            kind=self.kind,
            mid=self.mid,
            direction=self.direction,
            port=self.port or (DISCARD if self.bundle_only else 0),
            protocol=self.protocol,
            formats=self.formats,
            codecs=tuple(self._codecs()),
            extensions=tuple(self.extensions.items()),
            rids=tuple(dict.fromkeys(rids)),
            ssrcs=tuple(dict.fromkeys(self.ssrcs)),
            repairs=tuple(self.repairs),
        )

    def _codecs(self) -> list[Codec]:
        found = []
        for text in self.formats:
            number = _number(text, 127) if text.isdecimal() else -1
            if number not in self.maps or 64 <= number <= 95:  # RFC 5761: these would look like RTCP
                continue
            name, clock, channels = self.maps[number]
            feedback = tuple({**self.feedback.get("*", {}), **self.feedback.get(text, {})})
            found.append(Codec(number, name, clock, channels, self.parameters.get(number, ""), feedback))
        return found


def parse_offer(text: str, *, max_sections: int = 32) -> Offer:
    """Read a browser's offer. Raises BadOffer with a reason in English (for logs, not for people)."""
    try:
        return _parse(text, max_sections)
    except (ValueError, IndexError, KeyError) as error:
        raise BadOffer(f"malformed: {type(error).__name__}") from error


def _number(text: str, limit: int) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) <= 10):
        raise ValueError
    value = int(text)
    if value > limit:
        raise ValueError
    return value


def _few(found: _Some) -> _Some:
    """What may have one more: loops over these are within each other, and an offer must not hold up everybody else."""
    if len(found) >= MAX_ITEMS:
        raise ValueError
    return found


def _token(text: str) -> str:
    if not _TOKEN.fullmatch(text):
        raise ValueError
    return text


def _parse(text: str, max_sections: int) -> Offer:
    if len(text) > MAX_BYTES:
        raise BadOffer("too long")
    lines = [line.rstrip("\r") for line in text.split("\n") if line.strip()]
    if not lines or lines[0] != "v=0":
        raise BadOffer("not a session description")
    transport: dict[str, str] = {}
    fingerprints: list[tuple[str, str]] = []
    bundle: list[str] | None = None
    mixed = False
    drafts: list[_Draft] = []
    for line in lines:
        kind, equals, value = line.partition("=")
        if not equals:
            raise BadOffer("a line without '='")
        if kind == "m":
            if len(drafts) == max_sections:
                raise BadOffer("too many m-lines")
            drafts.append(_media_line(value))
        elif kind == "a":
            name, _, value = value.partition(":")
            if name in ("ice-ufrag", "ice-pwd"):
                if not _ICE.fullmatch(value):
                    raise BadOffer("bad ICE credentials")
                transport.setdefault(name, value)
            elif name == "setup":
                transport.setdefault(name, value)
            elif name == "fingerprint":
                algorithm, digest = value.split()
                if algorithm.lower() in _DIGESTS and (algorithm.lower(), digest.upper()) not in fingerprints:
                    _few(fingerprints).append((algorithm.lower(), digest.upper()))
            elif name == "group" and value.split()[:1] == ["BUNDLE"]:
                bundle = value.split()[1:]
            elif name == "extmap-allow-mixed":
                mixed = True
            elif drafts:
                _media_attribute(drafts[-1], name, value)
    return replace(_check(transport, fingerprints, bundle, [draft.section() for draft in drafts]), mixed=mixed)


def _media_line(value: str) -> _Draft:
    kind, port, protocol, *formats = value.split()
    _few(formats[1:])
    return _Draft(
        _token(kind), _number(port.partition("/")[0], 65535), _token(protocol), tuple(_token(item) for item in formats)
    )


def _media_attribute(draft: _Draft, name: str, value: str) -> None:
    if name == "bundle-only":
        draft.bundle_only = True
    elif name == "mid":
        draft.mid = _token(value)
    elif name in _DIRECTIONS:
        draft.direction = name
    elif name == "rtpmap":
        number, encoding = value.split(maxsplit=1)
        codec, clock, *channels = encoding.split("/")
        draft.maps[_number(number, 127)] = (
            _token(codec),
            _number(clock, 10_000_000),
            _number(channels[0], 255) if channels else 1,
        )
    elif name == "fmtp":
        number, parameters = value.split(maxsplit=1)
        if not parameters.isprintable() or len(parameters) > _MAX_PARAMETERS:
            raise ValueError
        draft.parameters[_number(number, 127)] = parameters
    elif name == "rtcp-fb":
        number, feedback = value.split(maxsplit=1)
        _few(draft.feedback.setdefault(number, {}))[feedback.strip()] = None
    elif name == "extmap":
        number, uri = value.split()[:2]
        draft.extensions[_number(number.partition("/")[0], 255)] = _token(uri)
    elif name == "rid":
        rid, direction = value.split()[:2]
        if direction == "send" and rid.isalnum() and len(rid) <= 16:
            _few(draft.rids).append(rid)
    elif name == "simulcast":
        words = value.split()
        if "send" in words:
            alternatives = words[words.index("send") + 1].split(";")
            draft.simulcast = [item.split(",")[0].removeprefix("~") for item in _few(alternatives)]
    elif name == "ssrc":
        _few(draft.ssrcs).append(_number(value.split()[0], 0xFFFFFFFF))
    elif name == "ssrc-group":
        semantics, *ssrcs = value.split()
        if semantics == "FID" and len(ssrcs) == 2:
            _few(draft.repairs).append((_number(ssrcs[0], 0xFFFFFFFF), _number(ssrcs[1], 0xFFFFFFFF)))


def _check(
    transport: dict[str, str],
    fingerprints: list[tuple[str, str]],
    bundle: list[str] | None,
    sections: list[Section],
) -> Offer:
    if not sections:
        raise BadOffer("no m-line")
    if "ice-ufrag" not in transport or "ice-pwd" not in transport or not fingerprints:
        raise BadOffer("no ICE credentials or no fingerprint")
    if transport.get("setup", "actpass") not in ("actpass", "active"):
        raise BadOffer("the offerer must be able to take the active DTLS role")
    mids = [section.mid for section in sections]
    if not all(mids) or len(set(mids)) != len(mids):
        raise BadOffer("each m-line needs a mid of its own")
    bundled = frozenset(bundle or ())
    if any(section.port and section.mid not in bundled for section in sections):
        raise BadOffer("all m-lines must be bundled")
    ssrcs = [ssrc for section in sections for ssrc in section.ssrcs]
    if len(set(ssrcs)) != len(ssrcs):
        raise BadOffer("an SSRC in two m-lines")
    return Offer(transport["ice-ufrag"], transport["ice-pwd"], tuple(fingerprints), tuple(sections))


class Candidate(NamedTuple):
    """Where we can be reached. `protocol`: "udp", or "tcp" where we listen (RFC 6544, passive)."""

    protocol: str
    address: str
    port: int


@dataclass(frozen=True, slots=True)
class Local:
    """Our side of the transport, as written into an answer."""

    ufrag: str
    password: str
    fingerprint: tuple[str, str]
    candidates: Sequence[Candidate]


@dataclass(frozen=True, slots=True)
class AnswerSection:
    """What we accept of one m-line; `ssrcs` is set where we send: (media, RTX or None), `stream` its msid."""

    direction: str
    codecs: tuple[Codec, ...]
    extensions: tuple[tuple[int, str], ...] = ()
    rids: tuple[str, ...] = ()
    ssrcs: tuple[int, int | None] | None = None
    stream: str = ""


def write_answer(offer: Offer, sections: Sequence[AnswerSection | None], local: Local, *, version: int = 1) -> str:
    """The answer to `offer`, one entry per m-line; None refuses an m-line (port 0)."""
    mids = [section.mid for section, accepted in zip(offer.sections, sections, strict=True) if accepted is not None]
    lines = [
        "v=0",
        f"o=- 1 {version} IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=ice-lite",
        " ".join(["a=group:BUNDLE", *mids]),
        "a=msid-semantic: WMS *",
        *(["a=extmap-allow-mixed"] if offer.mixed else []),
    ]
    first = True
    for section, accepted in zip(offer.sections, sections, strict=True):
        if accepted is None:
            lines += [f"m={section.kind} 0 {section.protocol} {' '.join(section.formats) or '0'}", "c=IN IP4 0.0.0.0"]
            lines += ["a=inactive", f"a=mid:{section.mid}"]
            continue
        lines += _media_lines(section, accepted)
        lines += [
            f"a=ice-ufrag:{local.ufrag}",
            f"a=ice-pwd:{local.password}",
            f"a=fingerprint:{local.fingerprint[0]} {local.fingerprint[1]}",
            "a=setup:passive",
        ]
        if first:
            lines += _candidate_lines(local.candidates)
            first = False
    return "\r\n".join(lines) + "\r\n"


def _media_lines(section: Section, accepted: AnswerSection) -> list[str]:
    formats = " ".join(str(codec.payload_type) for codec in accepted.codecs)
    lines = [
        f"m={section.kind} 9 {section.protocol} {formats}",
        "c=IN IP4 0.0.0.0",
        f"a={accepted.direction}",
        f"a=mid:{section.mid}",
        "a=rtcp-mux",
        "a=rtcp-rsize",
    ]
    lines += [f"a=extmap:{number} {uri}" for number, uri in accepted.extensions]
    for codec in accepted.codecs:
        channels = f"/{codec.channels}" if codec.channels > 1 else ""
        lines.append(f"a=rtpmap:{codec.payload_type} {codec.encoding}/{codec.clock}{channels}")
        lines += [f"a=rtcp-fb:{codec.payload_type} {item}" for item in codec.feedback]
        if codec.parameters:
            lines.append(f"a=fmtp:{codec.payload_type} {codec.parameters}")
    if accepted.rids:
        lines += [f"a=rid:{rid} recv" for rid in accepted.rids]
        lines.append(f"a=simulcast:recv {';'.join(accepted.rids)}")
    if accepted.ssrcs is not None:
        media, repair = accepted.ssrcs
        lines.append(f"a=msid:{accepted.stream} {accepted.stream}")
        if repair is not None:
            lines.append(f"a=ssrc-group:FID {media} {repair}")
        lines += [f"a=ssrc:{ssrc} cname:{accepted.stream}" for ssrc in (media, repair) if ssrc is not None]
    return lines


def _candidate_lines(candidates: Sequence[Candidate]) -> list[str]:
    lines = []
    for index, (protocol, address, port) in enumerate(candidates):
        if protocol == "udp":
            # RFC 8445 5.1.2.1: type preference 126 for host, 65535 downwards for the addresses
            priority, kind = (126 << 24) | ((65535 - index) << 8) | 255, "host"
        else:
            # RFC 6544 4.2: below every UDP candidate; direction preference 4 for a passive host candidate
            priority, kind = (90 << 24) | ((4 << 13 | 8191 - index) << 8) | 255, "host tcptype passive"
        lines.append(f"a=candidate:{index + 1} 1 {protocol} {priority} {address} {port} typ {kind}")
    return [*lines, "a=end-of-candidates"]
