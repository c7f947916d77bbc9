"""Offers made to be slow: each is read or refused before anybody's sound could stumble over it."""

import time

import pytest

from meetings.media import negotiation, sdp
from meetings.media.port import BadOffer
from tests.support.rtp_packets import offer, video

LIMIT = sdp.MAX_BYTES
BASE = offer(video())


def many(line: str, size: int = LIMIT - len(BASE) - 2) -> str:
    """A good offer whose m-line is followed by `line` again and again; {n} counts."""
    filler: list[str] = []
    while size > 0:
        filler.append(line.replace("{n}", str(len(filler))))
        size -= len(filler[-1]) + 2
    return BASE + "\r\n".join(filler[:-1])


OFFERS = {
    "1 MB": BASE + "a=x\r\n" * 200_000,
    "1 MB in one line": BASE + "a=fmtp:96 " + "x" * 1_000_000,
    "feedback": many("a=rtcp-fb:* f{n}"),
    "fingerprints": many("a=fingerprint:sha-256 {n}"),
    "layers": many("a=rid:r{n} send"),
    "SSRCs": many("a=ssrc:{n} cname:x"),
    "repairs": many("a=ssrc-group:FID {n} 1"),
    "m-lines": many("m=video 9 UDP/TLS/RTP/SAVPF 96"),
    "codecs": many("a=rtpmap:{n} VP8/90000"),
    "extensions": many("a=extmap:{n} urn:x"),
    "formats": BASE + "m=video 9 UDP/TLS/RTP/SAVPF" + " 96" * 80_000,
    "alternatives": BASE + "a=rid:r send\r\na=simulcast:send " + ";".join(["r"] * 100_000),
    "bundle": BASE.replace("BUNDLE", "BUNDLE" + " x" * 100_000),
    "parameters": BASE + "a=rtpmap:97 rtx/90000\r\na=fmtp:97 " + "apt=96;" * 30_000,
    "empty lines": BASE + "\n" * 250_000,
    "lines without a name": many("a=:"),
    "digits": BASE + "a=ssrc:" + "9" * 200_000,
}


@pytest.mark.parametrize("name", OFFERS)
def test_no_offer_takes_long(name: str) -> None:
    text = OFFERS[name]
    best = 1.0
    for _ in range(3):  # the machine may be busy with something else
        began = time.process_time()
        try:
            parsed = sdp.parse_offer(text)
        except BadOffer:
            pass
        else:
            for section in parsed.sections:
                negotiation.accept_sending(section)
                negotiation.accept_receiving(section, 1, 2, "s")
        best = min(best, time.process_time() - began)
    print(f"{name}: {best * 1000:.1f} ms")
    assert best < 0.1


def test_what_a_browser_offers_with_many_slots_is_far_from_the_limits() -> None:
    lines = [video("recvonly", *(f"a=rtcp-fb:96 f{number}" for number in range(8))) for _ in range(32)]
    assert len(sdp.parse_offer(offer(*lines)).sections) == 32
