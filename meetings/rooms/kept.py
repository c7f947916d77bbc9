"""Tables of what a meeting keeps beside visits: how its queue works, and for how long people spoke."""

from uuid import UUID

from sqlmodel import Field, SQLModel


class RoomFloor(SQLModel, table=True):
    """How the speaker queue of a room works, as a host chose; gone when the last one leaves, like a lock."""

    __tablename__ = "room_floor"

    meeting_id: UUID = Field(foreign_key="meeting.id", primary_key=True)
    fair: bool = False
    opens: bool = False
    turn_limit: int | None = None


class RoomSpeech(SQLModel, table=True):
    """For how many seconds somebody, a person or a guest, has spoken in a meeting."""

    __tablename__ = "room_speech"

    meeting_id: UUID = Field(foreign_key="meeting.id", primary_key=True)
    person_id: UUID = Field(primary_key=True, index=True)
    seconds: int
