"""The plan of a synchronisation, without any directory: who comes, changes, leaves, and when to stop."""

from collections.abc import Set
from dataclasses import replace
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from collab.core.i18n import msg
from collab.core.ids import new_id
from directory.ldap.describe import describe
from directory.ldap.mapping import PersonDetails, ReadGroup, ReadPerson, ReadUnit, Skipped
from directory.ldap.reading import DirectoryRead
from directory.ldap.sync import Current, Known, KnownPerson, Limits, Plan, make_plan

NOBODY = Current({}, {}, {}, frozenset())
LIMITS = Limits(people=20, share=0.10)


def details(login: str, **changes: str) -> PersonDetails:
    usual = PersonDetails(login, "", "", login.title(), "", "", "", None, "")
    return replace(usual, **changes)


def person(key: str, login: str | None = None, *, active: bool = True, **changes: str) -> ReadPerson:
    return ReadPerson(key, details(login or key, **changes), active)


def read(
    *people: ReadPerson,
    units: tuple[ReadUnit, ...] = (),
    groups: tuple[ReadGroup, ...] = (),
    skipped: tuple[Skipped, ...] = (),
    photos: dict[str, bytes] | None = None,
) -> DirectoryRead:
    return DirectoryRead(people, units, groups, skipped, photos or {})


def known(
    *people: ReadPerson, local: frozenset[str] = frozenset(), admins: Set[str] = frozenset(), local_admin: bool = False
) -> Current:
    copy = {
        p.key: KnownPerson(UUID(int=number), p.key, p.details, p.active, p.key in admins)
        for number, p in enumerate(people)
    }
    return Current(copy, {}, {}, local, local_admin)


def crowd(count: int) -> list[ReadPerson]:
    return [person(f"p{number:04d}") for number in range(count)]


def plan(current: Current, found: DirectoryRead, limits: Limits = LIMITS) -> Plan:
    return make_plan(current, found, limits)


def test_people_come_change_and_leave() -> None:
    current = known(person("a"), person("b"), person("c"), *crowd(30))
    result = plan(current, read(person("a"), person("b", title="Directrice"), person("d"), *crowd(30)))
    assert [p.key for p in result.added] == ["d"]
    assert [(c.known.key, c.fields) for c in result.changed] == [("b", ("title",))]
    assert [p.key for p in result.disabled] == ["c"]
    assert not result.needs_confirmation


def test_nothing_changed_is_nothing_to_do() -> None:
    found = read(person("a"), person("b", active=False))
    assert not plan(known(person("a")), found)
    assert not plan(known(person("a"), person("b", active=False)), found)


def test_a_rename_keeps_the_person() -> None:
    result = plan(known(person("k", "durand")), read(person("k", "martin")))
    assert [(c.known.key, c.fields) for c in result.changed] == [("k", ("login", "display_name"))]
    assert not result.added
    assert not result.disabled


def test_a_reused_login_is_another_person() -> None:
    result = plan(known(person("old", "paul"), *crowd(30)), read(person("new", "paul"), *crowd(30)))
    assert [p.key for p in result.added] == ["new"]
    assert [p.key for p in result.disabled] == ["old"]


def test_two_people_may_swap_their_logins() -> None:
    result = plan(known(person("a", "x"), person("b", "y")), read(person("a", "y"), person("b", "x")))
    assert len(result.changed) == 2
    assert not result.skipped


def test_a_login_used_twice_stays_with_who_had_it() -> None:
    result = plan(known(person("a", "paul")), read(person("a", "paul"), person("b", "paul"), person("c", "x")))
    assert [p.key for p in result.added] == ["c"]
    assert [s.key for s in result.skipped] == ["b"]
    fresh = plan(NOBODY, read(person("a", "paul"), person("b", "paul"), person("c", "x")))
    assert {s.key for s in fresh.skipped} == {"a", "b"}


def test_a_local_account_keeps_its_login() -> None:
    current = known(person("a", "durand"), local=frozenset({"admin"}))
    result = plan(current, read(person("a", "admin"), person("b", "durand")))
    # a stays as they were, durand included, so that b cannot have that login either
    assert {s.key for s in result.skipped} == {"a", "b"}
    assert not result


def test_a_closed_account_is_disabled_and_comes_back() -> None:
    closed = plan(known(person("a"), *crowd(30)), read(person("a", active=False), *crowd(30)))
    assert [p.key for p in closed.disabled] == ["a"]
    back = plan(known(person("a", active=False)), read(person("a")))
    assert [(c.known.key, c.returns) for c in back.changed] == [("a", True)]


def test_somebody_left_out_is_left_as_they_are() -> None:
    entry = Skipped("a", "uid=a", msg("it has no login"))
    assert not plan(known(person("a")), read(person("b", active=False), skipped=(entry,)))


def test_more_than_twenty_leavers_stop() -> None:
    people = crowd(1000)
    assert not plan(known(*people), read(*people[20:])).needs_confirmation
    stopped = plan(known(*people), read(*people[21:]))
    assert stopped.needs_confirmation
    assert "disable 21 people" in str(stopped.doubts[0])


def test_more_than_a_tenth_leaving_stops() -> None:
    people = crowd(50)
    assert not plan(known(*people), read(*people[5:])).needs_confirmation
    assert plan(known(*people), read(*people[6:])).needs_confirmation


def test_the_limits_are_settings() -> None:
    people = crowd(50)
    assert plan(known(*people), read(*people[3:]), Limits(2, 1.0)).needs_confirmation
    assert not plan(known(*people), read(*people[40:]), Limits(50, 1.0)).needs_confirmation


def test_those_who_left_before_do_not_count() -> None:
    gone = [person(f"gone{number}", active=False) for number in range(100)]
    people = crowd(10)
    assert plan(known(*people, *gone), read(*people[2:])).needs_confirmation


def test_all_groups_or_services_gone_is_doubtful() -> None:
    group, unit = ReadGroup("g", "Tous", frozenset({"a"})), ReadUnit("u", "RH", None)
    current = Current(
        known(person("a")).people,
        {"u": Known(new_id(), unit, True)},
        {"g": Known(new_id(), group, True)},
        frozenset(),
    )
    assert len(plan(current, read(person("a"))).doubts) == 2
    moved = plan(current, read(person("a"), units=(replace(unit, key="v"),), groups=(group,)))
    assert not moved.needs_confirmation


def test_groups_hold_only_people_who_are_there() -> None:
    group = ReadGroup("g", "Tous", frozenset({"a", "closed", "x"}))
    result = plan(NOBODY, read(person("a"), person("closed", active=False), groups=(group,)))
    assert result.groups.added[0].members == {"a"}


def test_a_picture_left_for_the_next_reading_changes_nothing_now() -> None:
    current = known(person("a", photo="old"))
    assert not plan(current, read(person("a", photo="new")))
    assert plan(current, read(person("a", photo="new"), photos={"a": b"..."})).changed[0].fields == ("photo",)
    assert plan(current, read(person("a"))).changed[0].fields == ("photo",)


def test_a_plan_can_be_read() -> None:
    current = known(person("a"), person("b"), person("c", active=False), *crowd(30))
    lines = [
        str(line)
        for line in describe(
            plan(
                current,
                read(
                    person("a", title="100 %"),
                    person("c"),
                    person("d"),
                    *crowd(30),
                    units=(ReadUnit("u", "RH", None),),
                    groups=(ReadGroup("g", "Tous", frozenset({"a"})),),
                    skipped=(Skipped(None, "uid=z", msg("it has no login")),),
                ),
            )
        )
    ]
    assert lines == [
        "+ D (d)",
        "~ A (a): job title ∅ → 100 %",
        "+ C (c) is back",
        "- B (b) is disabled",
        "+ service RH",
        "+ group Tous, 1 member",
        "! uid=z is left out: it has no login",
        "1 person added",
        "2 people changed",
        "1 person disabled",
    ]
    assert next(str(line) for line in describe(plan(NOBODY, read()))) == "Nothing to change."


def test_the_last_administrator_is_kept_and_the_plan_says_so() -> None:
    people = (person("a", "ada"), person("b", "bob"), *crowd(30))
    alone = plan(known(*people, admins={"a"}), read(*people[1:]))
    assert not alone.disabled
    assert alone.kept is not None
    assert alone.kept.key == "a"
    assert not alone.needs_confirmation
    said = "! Ada (ada) has left the directory but stays: they are the only administrator. Name another one."
    assert said in [str(line) for line in describe(alone)]
    assert [p.key for p in plan(known(*people, admins={"a"}, local_admin=True), read(*people[1:])).disabled] == ["a"]
    assert [p.key for p in plan(known(*people, admins={"a", "b"}), read(*people[1:])).disabled] == ["a"]
    both = plan(known(*people, admins={"a", "b"}), read(*people[2:]))
    assert both.kept is not None
    assert (both.kept.key, [p.key for p in both.disabled]) == ("a", ["b"])


def test_an_administrator_who_is_back_lets_the_other_leave() -> None:
    people = (person("a"), person("b", active=False), *crowd(30))
    result = plan(known(*people, admins={"a", "b"}), read(person("b"), *crowd(30)))
    assert (result.kept, [p.key for p in result.disabled]) == (None, ["a"])


def test_who_is_kept_keeps_their_login() -> None:
    result = plan(known(person("a", "ada"), *crowd(30), admins={"a"}), read(person("new", "ada"), *crowd(30)))
    assert [s.key for s in result.skipped] == ["new"]
    assert not result.added
    assert not result.disabled


KEYS = st.sampled_from([f"k{number}" for number in range(6)])
PEOPLE = st.dictionaries(KEYS, st.tuples(st.sampled_from(["x", "y", "z", "w"]), st.booleans()), max_size=6)


@given(PEOPLE, PEOPLE, st.frozensets(KEYS), st.booleans())
def test_after_a_plan_every_login_has_one_holder_and_somebody_administers(
    before: dict[str, tuple[str, bool]], now: dict[str, tuple[str, bool]], admins: frozenset[str], local_admin: bool
) -> None:
    holders: set[str] = set()
    copy: list[ReadPerson] = []
    for key, (login, active) in before.items():  # the copy we start from keeps the rule
        copy.append(person(key, login, active=active and login not in holders))
        holders |= {login} if active else set()
    current = known(*copy, local=frozenset({"w"}), admins=admins, local_admin=local_admin)
    result = plan(current, read(*(person(key, login, active=active) for key, (login, active) in now.items())))
    logins = {p.key: p.details.login for p in copy if p.active}
    for gone in result.disabled:
        del logins[gone.key]
    for change in result.changed:
        logins[change.known.key] = change.details.login
    for new in result.added:
        logins[new.key] = new.details.login
    assert len(set(logins.values())) == len(logins)
    assert "w" not in {logins[p.key] for p in result.added}
    kept = {result.kept.key} if result.kept else set()
    claimed = {key for key, (_, active) in now.items() if active}
    assert claimed | kept == set(logins) | {s.key for s in result.skipped}
    administered = {p.key for p in copy if p.active} & admins
    if administered:
        assert local_admin or set(logins) & admins
        assert not kept or (set(logins) & admins == kept and kept <= administered - claimed)
    else:
        assert not kept
