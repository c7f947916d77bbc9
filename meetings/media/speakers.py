"""Who is loudest: levels of RFC 6464 smoothed into scores, and the choice of who gets the few audio slots.

Pure; times in seconds are arguments.
"""

from __future__ import annotations

from array import array
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from meetings.media.port import Label, Track

SPEAKING = 75.0
SILENT = 65.0
MARGIN = 8.0
"""A newcomer must be so much louder (dB) than whom it replaces."""
SCREEN = 1000.0


class Loudness:
    """Smoothed level of one microphone: 0 is silence, 127 full scale. It rises fast and falls slowly."""

    __slots__ = ("memory", "speaking")

    def __init__(self) -> None:
        self.memory = array("d", [0.0, 0.0])
        """The score, and when a packet was last heard."""
        self.speaking = False

    @property
    def score(self) -> float:
        return self.memory[0]

    @score.setter
    def score(self, score: float) -> None:
        self.memory[0] = score

    def heard(self, level: int | None, now: float) -> None:
        """One packet; `level` in -dBov (RFC 6464), None where the sender gives none: activity decides then."""
        loud = 90.0 if level is None else 127.0 - level
        score = self.memory[0]
        self.memory[0] = score + (loud - score) * (0.3 if loud > score else 0.03)
        self.memory[1] = now

    def tick(self, now: float) -> bool:
        """Let a stream that sends nothing fade, and say whether this microphone speaks."""
        if now - self.memory[1] > 0.5:
            self.score *= 0.7
        self.speaking = self.score > (SILENT if self.speaking else SPEAKING)
        return self.speaking


class Source(Protocol):
    """What is known of a published track here; `streams.Published` is one."""

    track: Track
    live: bool
    loudness: Loudness

    @property
    def kind(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Ranking:
    """How much tracks of one kind deserve a slot, and the tracks in that order: sorted once for all receivers."""

    scores: Mapping[str, float]
    order: Sequence[str]

    @classmethod
    def of(cls, scores: Mapping[str, float]) -> Ranking:
        return cls(scores, sorted(scores, key=lambda track: (-scores[track], track)))


def worth(tracks: Iterable[Source]) -> dict[str, Ranking]:
    """How much each live track deserves a slot, by kind: a sound its own loudness, a picture that of its sender's
    voice, a shared screen more than any camera."""
    live = [track for track in tracks if track.live]
    sounds = {one.track.id: one.loudness.score for one in live if one.kind == "audio"}
    voices: dict[str, float] = {}
    for one in live:
        if one.track.label is Label.MICROPHONE:
            voices[one.track.participant] = one.loudness.score
    pictures = {
        one.track.id: voices.get(one.track.participant, 0.0) + (SCREEN if one.track.label is Label.SCREEN else 0.0)
        for one in live
        if one.kind == "video"
    }
    return {"audio": Ranking.of(sounds), "video": Ranking.of(pictures)}


def fill_slots(current: Sequence[str | None], ranking: Ranking, own: Collection[str] = frozenset()) -> list[str | None]:
    """Give the slots to the loudest and move nobody who may stay: `current` and the answer are track ids.

    `own` tracks are the receiver's and get none. The cost grows with the slots, not with the tracks."""
    scores = ranking.scores
    slots = [track if track in scores and track not in own else None for track in current]
    held = {*slots, *own}
    waiting = (track for track in ranking.order if track not in held)
    for index, track in enumerate(slots):
        if track is None:
            slots[index] = next(waiting, None)
    for challenger in waiting:
        quietest = min(
            (index for index, track in enumerate(slots) if track is not None),
            key=lambda index: scores[slots[index] or ""],
            default=None,
        )
        if quietest is None or scores[challenger] < scores[slots[quietest] or ""] + MARGIN:
            break
        slots[quietest] = challenger
    return slots


def who_speaks(tracks: Iterable[Source], now: float) -> tuple[str, ...]:
    """The participants who speak, loudest first; to be asked at a steady pace."""
    speaking: dict[str, float] = {}
    for published in tracks:
        if published.kind == "audio" and published.loudness.tick(now) and published.live:
            name = published.track.participant
            speaking[name] = max(speaking.get(name, 0.0), published.loudness.score)
    return tuple(sorted(speaking, key=lambda name: (-speaking[name], name)))
