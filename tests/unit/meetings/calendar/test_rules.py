"""When a door is offered, who is told what."""

from datetime import UTC, datetime, timedelta

import pytest

from collab.core.ids import new_id
from meetings.calendar.rules import Notice, compare, is_door_offered, notices

START = datetime(2026, 11, 26, 17, 30, tzinfo=UTC)
END = START + timedelta(hours=1)


@pytest.mark.parametrize(
    ("minutes", "offered"), [(-16, False), (-15, True), (0, True), (59, True), (60, False), (600, False)]
)
def test_the_door_is_offered_from_a_quarter_of_an_hour_before_until_the_end(minutes: int, offered: bool) -> None:
    assert is_door_offered(START, END, START + timedelta(minutes=minutes)) is offered


def test_the_organiser_is_never_on_the_list() -> None:
    organiser, guest = new_id(), new_id()
    assert compare((), [organiser, guest, guest], organiser).added == {guest}


def test_a_list_that_is_left_out_stays() -> None:
    guest = new_id()
    change = compare([guest], None, new_id())
    assert not change.added | change.removed
    assert change.kept == {guest}


def test_each_is_told_what_concerns_them() -> None:
    comes, goes, stays = new_id(), new_id(), new_id()
    change = compare([goes, stays], [comes, stays], new_id())
    assert notices(change, moved=False, changed=False) == {comes: Notice.INVITED, goes: Notice.UNINVITED}
    assert notices(change, moved=True, changed=True)[stays] is Notice.MOVED
    assert notices(change, moved=False, changed=True)[stays] is Notice.CHANGED


def test_what_no_longer_concerns_somebody_cancels_their_entry() -> None:
    assert {notice.method for notice in (Notice.CANCELLED, Notice.UNINVITED)} == {"CANCEL"}
    assert {notice.method for notice in (Notice.INVITED, Notice.MOVED, Notice.CHANGED)} == {"REQUEST"}
