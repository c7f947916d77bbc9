"""Builds RTP packets and offers for tests of the media engine."""

from struct import pack

UFRAG = "abcd"
PASSWORD = "p" * 24
DIGEST = ":".join(["AB"] * 32)


def packet(
    seq: int,
    timestamp: int = 0,
    ssrc: int = 1,
    payload: bytes = b"payload",
    payload_type: int = 96,
    marker: bool = False,
    extensions: dict[int, bytes] | None = None,
    padding: int = 0,
) -> bytes:
    given = (extensions or {}).items()
    long = any(len(value) > 16 for _, value in given)  # RFC 8285 4.3: two bytes before each element
    heads = [bytes([number, len(value)] if long else [number << 4 | len(value) - 1]) for number, value in given]
    elements = b"".join(head + value for head, (_, value) in zip(heads, given, strict=True))
    elements += bytes(-len(elements) % 4)
    first = 0x80 | (0x10 if elements else 0) | (0x20 if padding else 0)
    head = pack("!BBHII", first, marker << 7 | payload_type, seq & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc)
    block = pack("!HH", 0x1000 if long else 0xBEDE, len(elements) // 4) + elements if elements else b""
    return head + block + payload + (bytes(padding - 1) + bytes([padding]) if padding else b"")


def vp8(picture: int, tl0: int | None = None, keyframe: bool = False, height: int = 480) -> bytes:
    """A VP8 payload: descriptor with a 15-bit picture id, the first bytes of a frame."""
    flags = 0x80 | (0x40 if tl0 is not None else 0)
    descriptor = bytes([0x90, flags]) + pack("!H", 0x8000 | picture & 0x7FFF)
    descriptor += bytes([tl0 & 0xFF]) if tl0 is not None else b""
    if not keyframe:
        return descriptor + b"\x01" + bytes(20)
    return descriptor + b"\x10\x00\x00\x9d\x01\x2a" + pack("<HH", 640, height) + bytes(20)


def offer(*sections: str, ufrag: str = UFRAG) -> str:
    """An offer of these m-lines (texts made by `audio` and `video`); mids count from 0."""
    mids = " ".join(str(index) for index in range(len(sections)))
    head = ["v=0", "o=- 1 2 IN IP4 127.0.0.1", "s=-", "t=0 0", f"a=group:BUNDLE {mids}"]
    lines = list(head)
    for index, section in enumerate(sections):
        first, *rest = section.split("\n")
        lines += [first, "c=IN IP4 0.0.0.0", f"a=ice-ufrag:{ufrag}", f"a=ice-pwd:{PASSWORD}"]
        lines += [f"a=fingerprint:sha-256 {DIGEST}", "a=setup:actpass", f"a=mid:{index}", "a=rtcp-mux", *rest]
    return "\r\n".join(lines) + "\r\n"


def audio(direction: str = "sendonly", *more: str) -> str:
    lines = ["m=audio 9 UDP/TLS/RTP/SAVPF 111", f"a={direction}", "a=rtpmap:111 opus/48000/2"]
    return "\n".join([*lines, "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level", *more])


def red_audio(direction: str = "sendonly", red: int = 63, opus: int = 111) -> str:
    """Redundant Opus, preferred to the plain one."""
    lines = [f"m=audio 9 UDP/TLS/RTP/SAVPF {red} {opus}", f"a={direction}", f"a=rtpmap:{red} red/48000/2"]
    lines += [f"a=fmtp:{red} {opus}/{opus}", f"a=rtpmap:{opus} opus/48000/2"]
    return "\n".join([*lines, "a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level"])


def red(primary: bytes, *earlier: bytes, opus: int = 111) -> bytes:
    """A payload of redundant audio (RFC 2198): earlier frames, oldest first, and this packet's own."""
    heads = b"".join(
        bytes([0x80 | opus]) + (960 * (len(earlier) - index) << 10 | len(frame)).to_bytes(3, "big")
        for index, frame in enumerate(earlier)
    )
    return heads + bytes([opus]) + b"".join(earlier) + primary


def video(direction: str = "sendonly", *more: str) -> str:
    lines = ["m=video 9 UDP/TLS/RTP/SAVPF 96 97", f"a={direction}", "a=rtpmap:96 VP8/90000", "a=rtcp-fb:96 nack pli"]
    lines += ["a=rtpmap:97 rtx/90000", "a=fmtp:97 apt=96"]
    lines += ["a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid"]
    lines += ["a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"]
    return "\n".join([*lines, *more])
