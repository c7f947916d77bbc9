"""Which picture is shown when, and where chapters begin. Pure: times in seconds, what is known of tracks as data.

A shared screen goes before any face; among faces whoever speaks; a change waits for a keyframe of what is to be shown,
since pictures are copied and not made anew.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from meetings.recording.reading import Mark

SETTLED = 3.0
"""Seconds that somebody must have spoken for a chapter of their own."""
SHORTEST = 10.0
"""Seconds that a chapter lasts at least."""
LINGERS = 1.0
"""Seconds for which the last frame of a picture that has ended stays, until the next one begins."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One track with pictures: when it was sent, and where a film may begin with it."""

    place: int
    participant: str
    screen: bool
    spans: Sequence[tuple[float, float]]
    keys: Sequence[float]

    def is_sent(self, at: float) -> bool:
        return any(begin <= at <= end for begin, end in self.spans)

    def key_from(self, at: float) -> float | None:
        """The first keyframe at this time or later."""
        place = bisect_left(self.keys, at)
        return self.keys[place] if place < len(self.keys) else None


class Cut(NamedTuple):
    """From then on this picture is shown; None: there is none."""

    at: float
    place: int | None


class Chapter(NamedTuple):
    """`speaker`: a participant; empty for what no one person's name says."""

    at: float
    speaker: str


def cut(pictures: Sequence[Picture], marks: Sequence[Mark], end: float) -> list[Cut]:
    """The film, as changes in order of time."""
    moments = sorted(
        {mark.at for mark in marks}
        | {time for picture in pictures for span in picture.spans for time in span}
    )  # fmt: skip
    by_place = {picture.place: picture for picture in pictures}
    cuts: list[Cut] = []
    shown: int | None = None
    spoken = iter(marks)
    following = next(spoken, None)
    speaking: tuple[str, ...] = ()
    for index, at in enumerate(moments):
        while following is not None and following.at <= at:
            speaking, following = following.speaking, next(spoken, None)
        until = moments[index + 1] if index + 1 < len(moments) else end
        wanted = _wanted([picture for picture in pictures if _goes_on(picture, at)], speaking, shown)
        if wanted == shown:
            continue
        key = by_place[wanted].key_from(at) if wanted is not None else None
        if shown is not None and not _goes_on(by_place[shown], at) and (key is None or key - at > LINGERS):
            cuts.append(Cut(at, None))
            shown = None
        if key is not None and key <= until:
            cuts.append(Cut(key, wanted))
            shown = wanted
    return [one for one in cuts if one.at < end]


def _goes_on(picture: Picture, at: float) -> bool:
    """Whether it is sent at this moment and after it."""
    return any(begin <= at < end for begin, end in picture.spans)


def _wanted(sent: Sequence[Picture], speaking: Sequence[str], shown: int | None) -> int | None:
    screens = [picture.place for picture in sent if picture.screen]
    if screens:
        return shown if shown in screens else screens[-1]
    by = {picture.participant: picture.place for picture in sent}
    if any(by.get(name) == shown for name in speaking if name in by):  # two who talk at once make no flicker
        return shown
    heard = next((by[name] for name in speaking if name in by), None)
    if heard is not None:
        return heard
    return shown if shown in by.values() else next(iter(by.values()), None)


def chapters(marks: Sequence[Mark], begin: float, end: float, gaps: Sequence[float]) -> list[Chapter]:
    """One for each turn to speak that lasts, one where the recording goes on after a gap, and the first."""
    found = [Chapter(begin, "")]
    points = [*marks, Mark(end, ())]
    for mark, after in pairwise(points):
        speaker = mark.speaking[0] if mark.speaking else ""
        if not speaker or after.at - mark.at < SETTLED or speaker == found[-1].speaker:
            continue
        if mark.at - found[-1].at < SHORTEST:
            if not found[-1].speaker:
                found[-1] = Chapter(found[-1].at, speaker)
            continue
        found.append(Chapter(mark.at, speaker))
    found += [Chapter(at, "") for at in gaps]
    return sorted(found)
