"""docs/protocol.md names every message of the signalling and every field of it: other clients are written by it."""

import re
from pathlib import Path
from typing import get_args

import pytest
from pydantic import BaseModel

from meetings.rooms import lobby_models, models, trials, wire
from meetings.rooms.models import Told
from web.realtime.everywhere import VERBS

PAPER = (Path(__file__).parents[2] / "docs/protocol.md").read_text()
SAID = set(re.findall(r"`room\.(\w+)`", PAPER))
DOORS = [Path(__file__).parents[2] / f"web/realtime/{name}.py" for name in ("rooms", "lobby", "trials")]
HANDLERS = "".join(door.read_text() for door in DOORS)
SPOKEN = re.findall(r'hub\.on\("room\.(\w+)", (\w+),', HANDLERS)
PLACES = (models, lobby_models, trials)
MESSAGES = [
    *((verb, next(vars(place)[name] for place in PLACES if name in vars(place))) for verb, name in SPOKEN),
    *VERBS.items(),
]


def named(field: str) -> bool:
    return bool(re.search(rf"[`{{ ,(]{field}[`}}?:, )]", PAPER))


def test_every_message_is_there_and_no_other() -> None:
    names = {name for name, _ in MESSAGES}
    assert names <= SAID
    # `room.seq` is a field, the last two are facts of the topic
    assert SAID - names == {"event", "seq", "entered", "left"}


@pytest.mark.parametrize("model", [model for _, model in MESSAGES], ids=lambda model: model.__name__)
def test_every_field_of_what_is_said_is_named(model: type[BaseModel]) -> None:
    assert [field for field in model.model_fields if not named(field)] == []


@pytest.mark.parametrize("model", get_args(get_args(Told)[0]), ids=lambda model: model.__name__)
def test_every_event_and_field_of_what_is_told_is_named(model: type[BaseModel]) -> None:
    assert f"`{model.model_fields['type'].default}`" in PAPER
    assert [field for field in model.model_fields if field != "type" and not named(field)] == []


@pytest.mark.parametrize(
    "model",
    [
        models.Participant,
        models.TrackView,
        models.Snapshot,
        wire.Quality,
        wire.PictureQuality,
        models.IceServer,
        wire.FloorView,
        wire.RecordingView,
        wire.Spoken,
        wire.Line,
    ],
    ids=lambda model: model.__name__,
)
def test_every_field_of_what_is_inside_is_named(model: type[BaseModel]) -> None:
    assert [field for field in model.model_fields if not named(field)] == []
