"""The lite agent answers valid checks alone, and moves when a nominated check comes from elsewhere."""

from aioice import stun

from meetings.media.ice import Agent, local_ufrag, parse_check

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
