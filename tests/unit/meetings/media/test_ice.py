"""The lite agent answers valid checks alone, and moves when a nominated check comes from elsewhere."""

from aioice import stun
from hypothesis import given
from hypothesis import strategies as st

from meetings.media.ice import Agent, Bucket, local_ufrag, parse_check, peek_ufrag

HERE, THERE = ("192.0.2.1", 4000), ("192.0.2.2", 5000)


def agent() -> Agent:
    made = Agent(0.0)
    assert made.negotiate("remote", "r" * 24)
    return made


def check(to: Agent, *, password: str | None = None, nominate: bool = True, controlled: bool = False) -> stun.Message:
    attributes = {"USERNAME": f"{to.ufrag}:remote", "PRIORITY": 1}
    attributes["ICE-CONTROLLED" if controlled else "ICE-CONTROLLING"] = 7
    if nominate:
        attributes["USE-CANDIDATE"] = None
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, attributes=attributes)
    message.add_message_integrity((password or to.password).encode())
    parsed = parse_check(bytes(message))
    assert parsed is not None
    return parsed


def test_a_valid_check_is_answered_and_chosen() -> None:
    ours = agent()
    message = check(ours)
    assert local_ufrag(message) == ours.ufrag
    answer = ours.check(message, HERE, 3.0)
    assert answer is not None
    response = stun.parse_message(answer[0])
    assert response.message_class == stun.Class.RESPONSE
    assert response.attributes["XOR-MAPPED-ADDRESS"] == HERE
    assert response.check_message_integrity(ours.password.encode())
    assert answer[1]
    assert (ours.remote, ours.consent_at) == (HERE, 3.0)


def test_forged_checks_change_nothing() -> None:
    ours = agent()
    assert ours.check(check(ours, password="x" * 24), HERE, 3.0) is None
    assert ours.check(check(agent()), HERE, 3.0) is None
    assert (ours.remote, ours.consent_at) == (None, 0.0)


def test_only_a_nominated_check_moves_the_path() -> None:
    ours = agent()
    ours.check(check(ours), HERE, 1.0)
    answer = ours.check(check(ours, nominate=False), THERE, 2.0)
    assert answer is not None
    assert (answer[1], ours.remote) == (False, HERE)
    ours.check(check(ours), THERE, 3.0)
    assert ours.remote == THERE


def test_a_peer_that_is_not_controlling_is_told_so() -> None:
    ours = agent()
    answer = ours.check(check(ours, controlled=True), HERE, 1.0)
    assert answer is not None
    assert stun.parse_message(answer[0]).attributes["ERROR-CODE"][0] == 487
    assert ours.remote is None


def test_a_restart_brings_new_credentials_and_keeps_the_old_ones_until_they_are_used() -> None:
    ours = agent()
    before, old = check(ours), ours.ufrag
    assert not ours.negotiate("remote", "r" * 24)
    assert ours.negotiate("other", "s" * 24)
    assert set(ours.ufrags()) == {ours.ufrag, old}
    assert ours.check(before, HERE, 1.0) is not None
    assert ours.check(check(ours), THERE, 2.0) is not None
    assert ours.check(before, HERE, 3.0) is None
    assert ours.remote == THERE


def test_who_a_check_is_for_is_seen_without_parsing_it() -> None:
    ours = agent()
    data = bytes(check(ours))
    assert peek_ufrag(data) == ours.ufrag
    assert peek_ufrag(data[:-4]) is None, "the length is a lie"
    assert peek_ufrag(b"\x01\x01" + data[2:]) is None, "an answer, not a request"
    assert peek_ufrag(data[:4] + bytes(4) + data[8:]) is None, "no cookie"
    assert peek_ufrag(data.replace(b":remote", b"_remote")) is None


def test_a_check_that_is_overheard_and_sent_again_draws_nothing_away() -> None:
    ours = agent()
    message = check(ours)
    assert ours.check(message, HERE, 1.0) is not None
    assert ours.check(message, THERE, 2.0) is None
    assert (ours.remote, ours.consent_at) == (HERE, 1.0)
    assert ours.check(message, HERE, 3.0) is not None, "the same again from the same place is a repetition"


def test_checks_are_remembered_for_a_while_only() -> None:
    ours = agent()
    for _ in range(2000):
        assert ours.check(check(ours), HERE, 1.0) is not None
    assert len(ours._seen) < 1000


@given(st.floats(0.1, 100), st.integers(1, 50), st.lists(st.floats(0, 2), max_size=200))
def test_a_bucket_never_lets_more_pass_than_its_rate(rate: float, burst: int, steps: list[float]) -> None:
    bucket, now, passed = Bucket(rate, burst, 0.0), 0.0, 0
    for step in steps:
        now += step
        passed += bucket.take(now)
        assert passed <= burst + rate * now + 1e-6


def test_an_answer_is_not_longer_than_the_question() -> None:
    ours = agent()
    for source in (HERE, ("2001:db8::1", 7)):
        message = check(ours)
        answer = ours.check(message, source, 1.0)
        assert answer is not None
        assert len(answer[0]) <= 3 * len(bytes(message))
    conflict = check(ours, controlled=True)
    answer = ours.check(conflict, HERE, 1.0)
    assert answer is not None
    assert len(answer[0]) <= 3 * len(bytes(conflict))


def test_offers_whose_answers_were_lost_do_not_end_the_path_that_works() -> None:
    ours = agent()
    ours.check(check(ours), HERE, 1.0)
    working = check(ours)
    for attempt in range(3):
        assert ours.negotiate(f"again{attempt}", "s" * 24)
    assert ours.check(working, HERE, 2.0) is not None
    assert ours.consent_at == 2.0
    ours.check(check(ours), HERE, 3.0)
    assert set(ours.ufrags()) == {ours.ufrag}
