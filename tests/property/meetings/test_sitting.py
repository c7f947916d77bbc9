"""No sequence of entries, exits, proxies and withdrawals gives a wrong quorum or a vote too many."""

from datetime import UTC, date, datetime

from hypothesis import given
from hypothesis import strategies as st

from meetings.council.rules.entries import Assembly, Verdict
from meetings.council.rules.quorum import Withdrawal
from meetings.council.rules.remote import Item as ItemKind
from meetings.council.sittings.law import Body
from meetings.council.sittings.order import check
from meetings.council.sittings.rules import Happened, Kind, Phase, Setting, State, count, electors, fold, votes

MEMBERS = [f"m{number}" for number in range(9)]
ITEMS = {"budget": ItemKind.BUDGET, "accounts": ItemKind.ACCOUNTS, "talk": ItemKind.INFORMATION}
SETTING = Setting(Body(Assembly.COMMUNE, 12000), date(2026, 11, 26), MEMBERS, ITEMS, president="m0")
AT = datetime(2026, 11, 26, 18, tzinfo=UTC)

events = st.fixed_dictionaries(
    {
        "kind": st.sampled_from([kind for kind in Kind if not kind.value.startswith("ballot")]),
        "member": st.sampled_from(MEMBERS),
        "other": st.sampled_from(MEMBERS),
        "item": st.sampled_from(list(ITEMS)),
        "why": st.sampled_from(list(Withdrawal)),
        "corrects": st.integers(0, 40),
    }
)


def played(wanted: list[dict[str, object]]) -> tuple[list[Happened], State]:
    """What a clerk could enter of these: each is checked as the service does."""
    done: list[Happened] = []
    for fields in wanted:
        struck = {one.corrects for one in done if one.kind is Kind.CORRECTED}
        known = {one.seq: one.kind for one in done if one.seq not in struck and one.kind is not Kind.CORRECTED}
        new = Happened(len(done) + 1, at=AT, **fields)  # type: ignore[arg-type]  # made above
        if all(one.verdict is not Verdict.ERROR for one in check(SETTING, fold(done), new, known)):
            done.append(new)
    return done, fold(done)


@given(st.lists(events, max_size=60))
def test_each_member_counts_once_and_the_quorum_is_that_of_the_law(wanted: list[dict[str, object]]) -> None:
    _, state = played(wanted)
    for item in ("", *ITEMS):
        aside = state.aside(item)
        leave = {who for who, why in aside.items() if why is Withdrawal.FROM_COUNT}
        found = count(SETTING, state, item)
        there = {who for who in state.present if who not in aside}
        if ITEMS.get(item) is ItemKind.ACCOUNTS:
            there -= {"m0"}
        assert found.members == len(MEMBERS) - len(leave)
        assert found.quorum == found.members // 2 + 1
        assert found.present == len(there) <= found.members


@given(st.lists(events, max_size=60))
def test_no_member_votes_twice_nor_who_is_not_there_or_withdrew(wanted: list[dict[str, object]]) -> None:
    _, state = played(wanted)
    for item in ITEMS:
        who = electors(SETTING, state, item)
        held = votes(SETTING, state, item)
        assert sum(held.values()) == len(who)
        assert max(held.values(), default=0) <= 2
        for member, caster in who.items():
            assert caster in state.present
            assert caster not in state.aside(item)
            assert member not in state.aside(item)
            assert member == caster or (member not in state.present and state.proxies[member] == caster)
        if ITEMS[item] is ItemKind.ACCOUNTS:
            assert "m0" not in who and "m0" not in who.values()


@given(st.lists(events, max_size=60))
def test_proxies_are_one_a_holder_never_chained_and_never_of_who_is_there(wanted: list[dict[str, object]]) -> None:
    done, state = played(wanted)
    if any(one.kind is Kind.CORRECTED for one in done):
        return  # what is taken back changes what was true when the rest was entered
    holders = list(state.proxies.values())
    assert len(holders) == len(set(holders))
    assert not set(holders) & set(state.proxies)
    assert not set(state.proxies) & set(state.present)


@given(st.lists(events, max_size=60))
def test_an_item_is_opened_only_with_the_quorum_and_a_chair(wanted: list[dict[str, object]]) -> None:
    done, _ = played(wanted)
    for number, one in enumerate(done):
        before = fold(done[:number])
        if one.kind is Kind.ITEM_OPENED:
            assert before.phase is Phase.OPEN
            assert count(SETTING, before, one.item).reached
            assert before.chair not in before.aside(one.item)
        if one.kind in (Kind.OPENED, Kind.RESUMED):
            assert count(SETTING, before, before.item).reached


@given(st.lists(events, max_size=60))
def test_what_was_taken_back_is_as_if_it_had_never_been(wanted: list[dict[str, object]]) -> None:
    done, state = played(wanted)
    struck = {one.corrects for one in done if one.kind is Kind.CORRECTED}
    without = fold([one for one in done if one.seq not in struck and one.kind is not Kind.CORRECTED])
    without.seq = state.seq
    assert without == state
