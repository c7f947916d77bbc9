"""Offers read, answers written."""

import aiortc.rtcdatachannel  # noqa: F401 # aiortc.sdp alone imports in a circle
import pytest
from aiortc.sdp import SessionDescription

from meetings.media import sdp
from meetings.media.negotiation import accept_receiving, accept_sending, codec_key
from meetings.media.port import BadOffer
from tests.support.rtp_packets import audio, offer, video

SIMULCAST = ("a=rid:h send", "a=rid:l send", "a=simulcast:send h;~l")
PLACES = [("192.0.2.1", 7000), ("2001:db8::1", 7000)]
CANDIDATES = [sdp.Candidate(protocol, *place) for protocol in ("udp", "tcp") for place in PLACES]
LOCAL = sdp.Local("ufrag", "password" * 3, ("sha-256", "AA:BB"), CANDIDATES)


def test_an_offer_is_read_with_its_layers() -> None:
    parsed = sdp.parse_offer(offer(audio(), video("sendonly", *SIMULCAST, "a=ssrc-group:FID 5 6", "a=ssrc:5 cname:x")))
    assert [section.kind for section in parsed.sections] == ["audio", "video"]
    assert parsed.sections[1].rids == ("h", "l")
    assert parsed.sections[1].repairs == ((5, 6),)
    assert parsed.fingerprints[0][0] == "sha-256"


def test_the_answer_is_one_that_another_parser_reads() -> None:
    parsed = sdp.parse_offer(
        offer(audio(), video("sendonly", *SIMULCAST), "m=application 9 UDP/DTLS/SCTP webrtc-datachannel")
    )
    accepted = [accept_sending(section) for section in parsed.sections]
    text = sdp.write_answer(parsed, [item.answer if item else None for item in accepted], LOCAL)
    answer = SessionDescription.parse(text)
    assert [media.direction for media in answer.media] == ["recvonly", "recvonly", "inactive"]
    assert [media.port for media in answer.media] == [9, 9, 0]
    assert answer.group[0].items == ["0", "1"]
    candidates = answer.media[0].ice_candidates
    assert [item.ip for item in candidates] == ["192.0.2.1", "2001:db8::1"] * 2
    assert [(item.protocol, item.tcpType) for item in candidates] == [("udp", None)] * 2 + [("tcp", "passive")] * 2
    priorities = [item.priority for item in candidates]
    assert priorities == sorted(priorities, reverse=True)
    assert len(set(priorities)) == len(priorities)
    assert "a=simulcast:recv h;l" in text
    assert "a=setup:passive" in text
    assert "a=ice-lite" in text


def test_a_receiver_is_told_the_ssrcs() -> None:
    parsed = sdp.parse_offer(offer(video("recvonly")))
    accepted = accept_receiving(parsed.sections[0], 11, 12, "slot-0")
    assert accepted is not None
    text = sdp.write_answer(parsed, [accepted.answer], LOCAL)
    assert "a=ssrc-group:FID 11 12" in text
    assert "a=sendonly" in text
    assert "rtp-stream-id" not in text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "v=0",
        "v=0\r\nm=audio",
        offer(audio()).replace("a=mid:0", "a=mid:"),
        offer(audio()).replace("BUNDLE 0", "BUNDLE 7"),
        offer(audio()).replace("a=ice-pwd", "a=ice-none"),
        offer(audio()).replace("actpass", "passive"),
        offer(audio()).replace("rtpmap:111", "rtpmap:999999999999"),
        offer(audio()).replace("m=audio 9", "m=audio ٣"),
        offer(audio("sendonly", "a=ssrc:1 x"), video("sendonly", "a=ssrc:1 x")),
        offer(*[audio()] * 40),
        "v=0\r\n" + "a" * 300_000,
    ],
    ids=range(13),
)
def test_broken_offers_are_one_error(text: str) -> None:
    with pytest.raises(BadOffer):
        sdp.parse_offer(text)


@pytest.mark.parametrize(
    ("encoding", "parameters", "key"),
    [
        ("VP9/90000", "", "vp9-0"),
        ("VP9/90000", "profile-id=2", "vp9-2"),
        ("AV1/90000", "level-idx=5;profile=0;tier=0", "av1-0"),
        ("H264/90000", "packetization-mode=1;profile-level-id=42e01f", "h264-constrained-baseline"),
        ("H264/90000", "packetization-mode=1;profile-level-id=4d801f", "h264-constrained-baseline"),
        ("H264/90000", "packetization-mode=1;profile-level-id=42001f", "h264-baseline"),
        ("H264/90000", "packetization-mode=1;profile-level-id=4D001F", "h264-main"),
        ("H264/90000", "packetization-mode=1;profile-level-id=64001f", "h264-high"),
        ("H264/90000", "packetization-mode=1;profile-level-id=640c1f", "h264-constrained-high"),
        ("H264/90000", "packetization-mode=1;profile-level-id=f4001f", None),
        ("H264/90000", "packetization-mode=1;profile-level-id=zz", None),
        ("H264/90000", "packetization-mode=0;profile-level-id=42e01f", None),
        ("red/90000", "", None),
        ("flexfec-03/90000", "repair-window=10000000", None),
    ],
)
def test_what_is_forwarded_is_told_apart_by_profile(encoding: str, parameters: str, key: str | None) -> None:
    name, clock = encoding.split("/")
    assert codec_key(sdp.Codec(96, name, int(clock), 1, parameters)) == key


def test_mixed_extensions_are_agreed_where_they_are_offered() -> None:
    for line in ("", "a=extmap-allow-mixed\r\n"):
        parsed = sdp.parse_offer(offer(audio()).replace("a=group", line + "a=group"))
        accepted = accept_sending(parsed.sections[0])
        assert accepted is not None
        assert ("a=extmap-allow-mixed" in sdp.write_answer(parsed, [accepted.answer], LOCAL)) is bool(line)


def test_an_m_line_that_lives_in_its_bundle_alone_is_no_refused_one() -> None:
    """GStreamer and others with the policy max-bundle write port 0 for all but the first (RFC 9143 6)."""
    text = offer(audio(), video("sendonly", "a=bundle-only")).replace("m=video 9", "m=video 0")
    _, picture = sdp.parse_offer(text).sections
    assert picture.sends
    _, refused = sdp.parse_offer(text.replace("a=bundle-only", "a=x")).sections
    assert not refused.sends
    with pytest.raises(BadOffer):
        sdp.parse_offer(text.replace("BUNDLE 0 1", "BUNDLE 0"))
