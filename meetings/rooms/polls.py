"""Polls of a meeting: their tables, what goes in and out, and the pure rules of what is shown to whom when.

An anonymous poll keeps who has voted and how often each option was chosen, and nothing that joins the two.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated
from uuid import UUID

from annotated_types import MaxLen
from pydantic import AfterValidator, BaseModel, model_validator
from sqlalchemy import JSON
from sqlmodel import Field, SQLModel

from collab.core.errors import Conflict, Invalid
from collab.core.events import Announcement
from collab.core.i18n import msg
from collab.core.models import Record, utc_field
from collab.core.text import Input, Title

MOST_OPTIONS = 12


class RoomPoll(Record, table=True):
    """A question asked in a meeting. `counts`: how often each option was chosen, of an anonymous one alone."""

    __tablename__ = "room_poll"

    meeting_id: UUID = Field(foreign_key="meeting.id", index=True)
    author_id: UUID = Field(foreign_key="person.id")
    question: str = Field(max_length=200)
    options: list[str] = Field(sa_type=JSON)
    counts: list[int] = Field(sa_type=JSON)
    anonymous: bool
    live: bool
    multiple: bool
    created_at: datetime = utc_field()
    closes_at: datetime | None = utc_field(default=None, nullable=True)
    closed_at: datetime | None = utc_field(default=None, nullable=True)


class RoomPollVoter(SQLModel, table=True):
    """That somebody has voted, and, unless the poll is anonymous, for what (places in the list of options)."""

    __tablename__ = "room_poll_voter"

    poll_id: UUID = Field(foreign_key="room_poll.id", primary_key=True)
    person_id: UUID = Field(foreign_key="person.id", primary_key=True, index=True)
    choices: list[int] | None = Field(default=None, sa_type=JSON)


def _distinct(options: list[str]) -> list[str]:
    if len({option.casefold() for option in options}) != len(options):
        raise ValueError("must differ from each other")
    return options


class PollInput(Input):
    """A new poll. `live`: results are shown while it is open, never of an anonymous one.

    `minutes`: it closes by itself after so many."""

    question: Title
    options: Annotated[list[Title], Field(min_length=2, max_length=MOST_OPTIONS), AfterValidator(_distinct)]
    anonymous: bool = False
    live: bool = False
    multiple: bool = False
    minutes: Annotated[int, Field(ge=1, le=24 * 60)] | None = None

    @model_validator(mode="after")
    def _secret_until_the_end(self) -> "PollInput":
        if self.anonymous and self.live:
            raise ValueError("the results of an anonymous poll are shown when it is closed")
        return self


class VoteInput(Input):
    """What one chooses: places in the list of options, from 0."""

    choices: Annotated[list[Annotated[int, Field(ge=0, lt=MOST_OPTIONS)]], MaxLen(MOST_OPTIONS)]


class OptionView(BaseModel):
    """An option. `votes` is null while results are not shown, `names` too of an anonymous poll."""

    text: str
    votes: int | None
    names: list[str] | None


class PollShown(BaseModel):
    """A poll as everybody in the meeting sees it. `voters`: how many have voted."""

    id: UUID
    question: str
    options: list[OptionView]
    anonymous: bool
    live: bool
    multiple: bool
    author_name: str
    created_at: datetime
    closes_at: datetime | None
    closed: bool
    voters: int


class PollView(PollShown):
    """The same for one reader. `voted`: whether they have; `mine`: for what, null of an anonymous poll."""

    voted: bool
    mine: list[int] | None


class PollChanged(Announcement):
    """A poll is there, was voted in, or is closed."""

    poll: PollShown


def topic_of(meeting_id: UUID) -> str:
    """The topic of a meeting's polls."""
    return f"polls:{meeting_id}"


def is_closed(poll: RoomPoll, now: datetime) -> bool:
    """Whether it takes votes no more: closed by a host, or its time is over."""
    return poll.closed_at is not None or (poll.closes_at is not None and poll.closes_at <= now)


def closing_time(data: PollInput, now: datetime) -> datetime | None:
    """When it closes by itself."""
    return now + timedelta(minutes=data.minutes) if data.minutes else None


def checked(poll: RoomPoll, choices: Sequence[int], now: datetime) -> list[int]:
    """The choices in order. Raises Conflict when it is closed, Invalid for what cannot be chosen in it."""
    if is_closed(poll, now):
        raise Conflict("rooms.poll_closed", msg("This poll is closed."))
    chosen = sorted(set(choices))
    if not chosen or chosen[-1] >= len(poll.options) or (len(chosen) > 1 and not poll.multiple):
        raise Invalid("rooms.poll_choice", msg("Choose one of the answers of this poll."))
    return chosen


def tally(poll: RoomPoll, votes: Sequence[tuple[str, Sequence[int] | None]], now: datetime) -> list[OptionView]:
    """The options with what is shown of them now. `votes`: name and choices of each who has voted."""
    shown = poll.live or is_closed(poll, now)
    named = [[name for name, choices in votes if place in (choices or ())] for place in range(len(poll.options))]
    counts = poll.counts if poll.anonymous else [len(names) for names in named]
    return [
        OptionView(
            text=text,
            votes=counts[place] if shown else None,
            names=named[place] if shown and not poll.anonymous else None,
        )
        for place, text in enumerate(poll.options)
    ]
