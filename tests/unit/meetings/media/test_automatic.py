"""Receivers that cannot ask (WHEP): the engine fills their slots, and each source keeps its place."""

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st
from pylibsrtp import Policy, Session

from meetings.media import sdp
from meetings.media.fanout import Path
from meetings.media.port import NOTHING, Slots
from meetings.media.speakers import MARGIN, Ranking, fill_slots
from tests.support.rtp_packets import audio, offer, video
from tests.support.wire import Kept
from tests.unit.meetings.media.test_router import Scene


class Viewer:
    """Somebody who only receives, with so many slots of each kind."""

    def __init__(self, scene: Scene, audios: int, videos: int) -> None:
        self.scene = scene
        room = scene.room
        room.admit("v", 0.0, NOTHING)
        slots = [audio("recvonly")] * audios + [video("recvonly")] * videos
        room.receive("v", sdp.parse_offer(offer(*slots)), 0.0, automatic=True)
        session = Session(Policy(key=bytes(30), ssrc_type=Policy.SSRC_ANY_OUTBOUND))
        scene.paths["v", "down"] = Path(session, Kept())
        room.down_ready(room.members["v"], scene.paths["v", "down"], 0.0)

    def shown(self) -> dict[str, str]:
        """Slot (mid) → participant and kind of what it carries, as last announced."""
        told = [event for event in self.scene.events if isinstance(event, Slots) and event.participant == "v"]
        slots: Mapping[str, str | None] = told[-1].slots if told else {}
        tracks = {key: f"{one.track.participant} {one.track.label}" for key, one in self.scene.room.tracks.items()}
        return {mid: tracks[key] for mid, key in slots.items() if key is not None}


def test_up_to_the_number_of_slots_everything_is_shown_whoever_speaks() -> None:
    scene = Scene("a", "b", "c", "d")
    viewer = Viewer(scene, 4, 4)
    before = viewer.shown()
    assert sorted(before.values()) == sorted(f"{who} {what}" for who in "abcd" for what in ("microphone", "camera"))
    for step in range(100):
        scene.speak("d", step, step * 0.02, 10)
        scene.speak("a", step, step * 0.02, 100)
        scene.room.tick(step * 0.02)
    assert viewer.shown() == before
    for who in "abcd":
        scene.picture(who, 1, 2.1, keyframe=True)
    assert len(scene.received("v", 96)) == 4
    assert len(scene.received("v", 111)) == 200


def test_only_above_it_the_loudest_have_the_slots_with_their_pictures() -> None:
    scene = Scene("a", "b", "c", "d")
    viewer = Viewer(scene, 2, 2)
    for step in range(100):
        now = step * 0.02
        for name, level in (("a", 100), ("b", 30), ("c", 100), ("d", 40)):
            scene.speak(name, step, now, level)
        scene.room.tick(now)
    assert set(viewer.shown().values()) == {"b microphone", "d microphone", "b camera", "d camera"}


def test_a_shared_screen_is_never_the_one_left_out() -> None:
    scene = Scene("a", "b", "c")
    viewer = Viewer(scene, 1, 1)
    scene.offer_up("c", audio(), video(), video())
    for step in range(100):
        scene.speak("a", step, step * 0.02, 10)
        scene.speak("c", step, step * 0.02, 120)
        scene.room.tick(step * 0.02)
    assert viewer.shown() == {"0": "a microphone", "1": "c screen"}


def test_a_place_that_is_left_is_given_to_who_waits_and_nobody_else_moves() -> None:
    scene = Scene("a", "b", "c")
    viewer = Viewer(scene, 2, 2)
    before = viewer.shown()
    scene.room.remove("a", "revoked")
    after = viewer.shown()
    assert {mid: after[mid] for mid in before if not before[mid].startswith("a ")} == {
        mid: value for mid, value in before.items() if not value.startswith("a ")
    }
    assert set(after.values()) == {"b microphone", "c microphone", "b camera", "c camera"}


scores = st.dictionaries(st.sampled_from("abcdefgh"), st.floats(0, 127), max_size=8)


@given(
    current=st.lists(st.none() | st.sampled_from("abcdefgh"), max_size=8, unique_by=lambda one: one or id(one)),
    scores=scores,
)
def test_with_enough_slots_every_source_has_one_and_none_moves(
    current: list[str | None], scores: dict[str, float]
) -> None:
    slots = fill_slots(current, Ranking.of(scores))
    shown = [one for one in slots if one is not None]
    assert len(slots) == len(current)
    assert len(shown) == len(set(shown)) == min(len(current), len(scores))
    if len(scores) <= len(current):
        assert set(shown) == set(scores)
        assert all(after == before for before, after in zip(current, slots, strict=True) if before in scores)


@given(
    current=st.lists(st.none() | st.sampled_from("abcdefgh"), max_size=8, unique_by=lambda one: one or id(one)),
    scores=scores,
    own=st.sets(st.sampled_from("abcdefgh"), max_size=2),
)
def test_one_s_own_are_as_if_they_were_not_there_and_nobody_much_louder_waits(
    current: list[str | None], scores: dict[str, float], own: set[str]
) -> None:
    slots = fill_slots(current, Ranking.of(scores), own)
    others = {key: score for key, score in scores.items() if key not in own}
    assert slots == fill_slots(current, Ranking.of(others))
    waiting = [score for key, score in others.items() if key not in slots]
    shown = [others[key] for key in slots if key is not None]
    if waiting and shown:
        assert max(waiting) < min(shown) + MARGIN
