"""ICE fragments: what is written is read again, and whatever else comes is one error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetings.media import sdp
from meetings.media.port import BadOffer
from meetings.media.sdpfrag import Fragment, credentials_of, fragment_of, read_fragment, with_credentials
from tests.support.rtp_packets import PASSWORD, UFRAG, audio, offer, video

ICE_CHARS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/"
ufrags = st.text(ICE_CHARS, min_size=4, max_size=256)
passwords = st.text(ICE_CHARS, min_size=22, max_size=256)
ends = st.sampled_from(["\r\n", "\n"])
CANDIDATE = "a=candidate:1 1 udp 2130706431 192.0.2.1 40000 typ host"
LOCAL = sdp.Local("ours", "s" * 24, ("sha-256", "AA:BB"), [sdp.Candidate("udp", "192.0.2.9", 9000)])


@given(ufrag=ufrags, password=passwords, candidates=st.integers(0, 5), end=ends)
def test_a_fragment_is_read_whatever_its_line_ends(ufrag: str, password: str, candidates: int, end: str) -> None:
    lines = ["m=audio 9 UDP/TLS/RTP/SAVPF 0", "a=mid:0", f"a=ice-ufrag:{ufrag}", f"a=ice-pwd:{password}"]
    text = end.join([*lines, *([CANDIDATE] * candidates), "a=end-of-candidates", ""])
    assert read_fragment(text) == Fragment(ufrag, password, candidates)


@given(ufrag=ufrags, password=passwords)
def test_an_offer_after_a_restart_differs_in_its_credentials_alone(ufrag: str, password: str) -> None:
    before = offer(audio(), video(), video())
    after = with_credentials(before.replace("a=mid:1", f"{CANDIDATE}\r\na=mid:1"), Fragment(ufrag, password, 0))
    assert credentials_of(before) == (UFRAG, PASSWORD)
    assert credentials_of(after) == (ufrag, password)
    old, new = sdp.parse_offer(before), sdp.parse_offer(after)
    assert (new.ufrag, new.password) == (ufrag, password)
    assert (new.sections, new.fingerprints) == (old.sections, old.fingerprints)


def test_the_answer_to_a_restart_says_where_and_under_which_name() -> None:
    offered = sdp.parse_offer(offer(audio(), video()))
    answers = [sdp.AnswerSection("recvonly", section.codecs) for section in offered.sections]
    text = fragment_of(sdp.write_answer(offered, answers, LOCAL))
    read = read_fragment(text)
    assert (read.ufrag, read.password, read.candidates) == ("ours", "s" * 24, 1)
    assert text.count("m=") == 1
    assert text.startswith("a=ice-lite\r\n")


@given(st.text(max_size=300) | st.text("a=icepwdufrag-:0 \r\n", max_size=300))
def test_anything_else_is_one_error(text: str) -> None:
    try:
        read_fragment(text)
    except BadOffer:
        return
    assert "a=ice-ufrag:" in text
    assert "a=ice-pwd:" in text


@pytest.mark.parametrize(
    "lines",
    [
        ["a=ice-ufrag:abcd"],
        ["a=ice-ufrag:abc", "a=ice-pwd:" + "p" * 24],
        ["a=ice-ufrag:abcd", "a=ice-pwd:short"],
        ["a=ice-ufrag:abcd", "a=ice-ufrag:efgh", "a=ice-pwd:" + "p" * 24],
        ["a=ice-ufrag:abcd", "a=ice-pwd:" + "p" * 24, "a=candidate:nothing"],
        ["a=ice-ufrag:abcd", "a=ice-pwd:" + "p" * 24, "what"],
        ["a=ice-ufrag:abcd", "a=ice-pwd:" + "p" * 24] + ["a=x"] * 20_000,
    ],
)
def test_a_fragment_that_lacks_something_is_refused(lines: list[str]) -> None:
    with pytest.raises(BadOffer):
        read_fragment("\r\n".join(lines))
