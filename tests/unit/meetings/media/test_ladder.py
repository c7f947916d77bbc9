"""Each receiver of a scalable picture gets its size and frame rate; no decoder meets a gap."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from meetings.media import rtp
from meetings.media.codecs import av1, vp9
from meetings.media.ladder import Rung
from meetings.media.port import Wish
from tests.support.rtp_packets import audio, packet
from tests.support.scalable import DEPENDENCY_ID, L2T2, Av1Camera, Piece, Vp9Camera
from tests.unit.meetings.media.test_router import Scene

FRAME = 0.033
DEPENDENCY = (
    f"a=extmap:{DEPENDENCY_ID} https://aomediacodec.github.io/av1-rtp-spec/#dependency-descriptor-rtp-header-extension"
)


def section(encoding: str, direction: str, *more: str) -> str:
    lines = ["m=video 9 UDP/TLS/RTP/SAVPF 96 97", f"a={direction}", f"a=rtpmap:96 {encoding}/90000"]
    return "\n".join([*lines, "a=rtcp-fb:96 nack pli", "a=rtpmap:97 rtx/90000", "a=fmtp:97 apt=96", *more])


class Show:
    """One camera and its viewers; a keyframe that is asked for comes with the next picture."""

    def __init__(self, camera: Vp9Camera | Av1Camera, *viewers: str) -> None:
        self.camera = camera
        self.scene = Scene()
        self.is_av1 = isinstance(camera, Av1Camera)
        encoding = "AV1" if self.is_av1 else "VP9"
        self.scene.enter("a", up=(audio(), section(encoding, "sendonly", DEPENDENCY)))
        for name in viewers:
            self.scene.enter(name, down=(audio("recvonly"), section(encoding, "recvonly", DEPENDENCY)))
        self.now = 0.0
        self.seq = 65_500
        self.keyframe = True
        self.keyframes = 0

    @property
    def track(self) -> str:
        return next(key for key, item in self.scene.room.tracks.items() if item.kind == "video")

    def select(self, name: str, height: int) -> None:
        self.scene.room.select(name, {"3": Wish(self.track, height)}, self.now)

    def packets(self) -> list[bytes]:
        """The next picture."""
        self.now += FRAME
        self.keyframes += self.keyframe
        return [self._packet(piece) for piece in self.camera.picture(self.keyframe)]

    def _packet(self, piece: Piece) -> bytes:
        self.seq += 1
        extensions = {DEPENDENCY_ID: piece.descriptor} if piece.descriptor else None
        stamp = round(self.now * 90_000)
        return packet(self.seq, stamp, 1001, piece.payload, marker=piece.marker, extensions=extensions)

    def send(self, packets: Sequence[bytes]) -> None:
        for data in packets:
            self.scene.room.on_rtp(self.scene.up("a"), data, self.now)
        before = len(self.scene.plane.reports)
        self.scene.room.tick(self.now)
        asked = self.scene.plane.reports[before:]
        self.keyframe = any(path is self.scene.paths["a", "up"] and data[1] == 206 for path, data in asked)

    def run(self, count: int) -> None:
        for _ in range(count):
            self.send(self.packets())

    def got(self, name: str) -> list[tuple[rtp.Header, bytes]]:
        sent = [data for path, data in self.scene.plane.packets if path is self.scene.paths[name, "down"]]
        found = [(header, data) for data in sent if (header := rtp.parse(data)) is not None]
        return [(header, data) for header, data in found if header.payload_type == 96]

    def rung(self, name: str) -> str:
        down = self.scene.room.members[name].down
        assert down is not None
        layer = down.slots["3"].layer
        return layer.rid if layer is not None else ""

    def check(self, name: str, *, whole: bool = True) -> list[int]:
        """What this viewer got can be decoded → the highest layer of each picture."""
        got = self.got(name)
        seqs = [header.seq for header, _ in got]
        if whole:
            assert seqs == [(seqs[0] + index) & 0xFFFF for index in range(len(seqs))]
        decoder = _Av1Decoder() if self.is_av1 else _Vp9Decoder()
        layers: dict[int, int] = {}
        ended = True
        stamp = -1
        for header, data in got:
            if header.timestamp != stamp:
                assert ended, "a picture is marked at its end"
                stamp = header.timestamp
                assert stamp not in layers
            ended = header.marker
            layers[stamp] = decoder.take(header, data)
        assert ended
        return list(layers.values())


class _Vp9Decoder:
    def __init__(self) -> None:
        self._have: set[tuple[int, int]] = set()
        self._newest = -1

    def take(self, header: rtp.Header, data: bytes) -> int:
        found = vp9.parse(data, header.payload, header.end)
        assert found is not None
        number = found.numbers.picture
        if found.begins:
            if found.inter_picture:
                back = data[header.payload + 4] >> 1
                assert ((number - back) & 0x7FFF, found.spatial) in self._have, "what it refers to was sent"
            if data[header.payload + 3] & 1:
                assert (number, found.spatial - 1) in self._have
        self._have.add((number, found.spatial))
        return found.spatial


class _Av1Decoder:
    def __init__(self) -> None:
        self._have: set[int] = set()
        self._structure: av1.Structure | None = None

    def take(self, header: rtp.Header, data: bytes) -> int:
        (element,) = [item for item in rtp.extensions(data, header) if item[0] == DEPENDENCY_ID]
        found = av1.parse(data, element[2], element[3], self._structure)
        assert found is not None
        self._structure = found.structure or self._structure
        assert self._structure is not None
        template = self._structure.templates[((data[element[2]] & 0x3F) - self._structure.offset) % 64]
        if found.begins:
            for back in template.differences:
                assert (found.number - back) & 0xFFFF in self._have, "what it refers to was sent"
        self._have.add(found.number)
        return found.spatial


def cameras() -> list[Vp9Camera | Av1Camera]:
    return [Vp9Camera(), Vp9Camera(by_key=False), Av1Camera()]


@pytest.mark.parametrize("camera", cameras(), ids=["vp9-key", "vp9", "av1"])
def test_each_viewer_gets_the_size_of_its_tile(camera: Vp9Camera | Av1Camera) -> None:
    show = Show(camera, "b", "c")
    show.run(40)
    show.select("b", 1080)
    show.select("c", 100)
    show.run(40)
    assert show.check("b")[-1] == camera.layers - 1
    assert show.check("c")[-1] == 0
    assert len(show.check("c")) == len(show.check("b")), "at the full frame rate"
    assert sum(len(data) for _, data in show.got("c")) < sum(len(data) for _, data in show.got("b")) / 2


@pytest.mark.parametrize("camera", cameras(), ids=["vp9-key", "vp9", "av1"])
def test_a_smaller_picture_needs_a_keyframe_only_where_the_layers_are_apart(camera: Vp9Camera | Av1Camera) -> None:
    show = Show(camera, "b")
    show.run(10)
    show.select("b", 1080)
    show.run(40)
    before = show.keyframes
    show.select("b", 180)
    show.run(40)
    assert show.rung("b").startswith("/S0")
    assert (show.keyframes > before) == (isinstance(camera, Vp9Camera) and camera.by_key)
    show.check("b")


@pytest.mark.parametrize("camera", cameras(), ids=["vp9-key", "vp9", "av1"])
def test_a_slower_picture_for_a_narrow_line_and_back(camera: Vp9Camera | Av1Camera) -> None:
    show = Show(camera, "b")
    show.run(10)
    show.select("b", 100)
    show.run(30)
    down = show.scene.room.members["b"].down
    layer = show.scene.up("a").layers[1001]
    slow = layer.choices()[0]
    fast = slow.lowest()
    assert isinstance(slow, Rung)
    assert slow.reduced
    before = show.keyframes
    assert down is not None
    slot = down.slots["3"]
    count = len(show.check("b"))
    for wanted, share in ((slow, 0.25 if not show.is_av1 else 0.5), (fast, 1.0)):
        for _ in range(40):
            slot.await_layer(wanted)
            for data in show.packets():
                show.scene.room.on_rtp(show.scene.up("a"), data, show.now)
        came = len(show.check("b")) - count
        count += came
        assert abs(came - 40 * share) <= 3
    assert show.keyframes == before
    assert slot.layer is fast


ACTIONS = st.lists(
    st.tuples(st.sampled_from([90, 180, 360, 720, 1080]), st.sampled_from("bc"), st.integers(1, 30)), max_size=12
)


@given(ACTIONS, st.sampled_from([0, 1, 2]))
def test_no_change_leaves_a_gap(actions: list[tuple[int, str, int]], kind: int) -> None:
    show = Show(cameras()[kind], "b", "c")
    for height, name, count in actions:
        show.select(name, height)
        show.run(count)
    for name in "bc":
        if show.got(name):
            show.check(name)


@pytest.mark.parametrize("kind", [0, 1, 2], ids=["vp9-key", "vp9", "av1"])
@given(
    steps=st.lists(
        st.tuples(st.sampled_from([0, 1, 2, 0, 1, 2, 3, 4]), st.sampled_from("bc"), st.integers(2, 7)),
        min_size=12,
        max_size=20,
    )
)
def test_any_rung_may_follow_any_other(kind: int, steps: list[tuple[int, str, int]]) -> None:
    show = Show(cameras()[kind], "b", "c")
    show.run(6)
    for name in "bc":
        show.select(name, 1080)
    layer = show.scene.up("a").layers[1001]
    for place, name, count in steps:
        down = show.scene.room.members[name].down
        assert down is not None
        rungs = layer.choices()
        down.slots["3"].await_layer(rungs[place % len(rungs)])
        for _ in range(count):
            for data in show.packets():
                show.scene.room.on_rtp(show.scene.up("a"), data, show.now)
            show.keyframe = layer.keyframes.due(show.now)
    for name in "bc":
        if show.got(name):
            show.check(name)


@given(
    st.lists(st.integers(0, 5), min_size=200, max_size=200), st.sampled_from([0, 1, 2]), st.sampled_from([100, 1080])
)
def test_what_comes_late_has_its_place(delays: list[int], kind: int, height: int) -> None:
    show = Show(cameras()[kind], "b")
    show.select("b", height)
    show.run(20)
    waiting: list[tuple[int, bytes]] = []
    at = 0
    for _ in range(20):
        for data in show.packets():
            waiting.append((at + (delays[at % 200] if delays[(at + 7) % 200] == 0 else 0), data))
            at += 1
    show.send([data for _, data in sorted(waiting, key=lambda item: item[0])])
    got = sorted(show.got("b"), key=lambda item: (item[0].seq - 65_000) & 0xFFFF)
    seqs = [header.seq for header, _ in show.got("b")]
    assert len(set(seqs)) == len(seqs)
    if got:
        ordered = sorted((seq - seqs[0] + 0x8000) & 0xFFFF for seq in seqs)
        assert ordered == list(range(ordered[0], ordered[0] + len(seqs))), "no number stays empty for ever"


def test_a_viewer_without_descriptors_gets_the_small_picture_of_av1() -> None:
    show = Show(Av1Camera())
    show.scene.enter("b", down=(audio("recvonly"), section("AV1", "recvonly")))
    show.run(5)
    show.select("b", 1080)
    show.run(20)
    assert show.rung("b") == "/S0T1"
    assert show.got("b")


def test_descriptors_of_av1_are_read_as_they_were_written() -> None:
    (key, *_), (later, *_) = Av1Camera(start=4).picture(True), Av1Camera(start=9).picture(False)
    found = av1.parse(key.descriptor, 0, len(key.descriptor), None)
    assert found is not None
    assert found.structure is not None
    assert found.structure.heights == (360, 720)
    assert found.structure.protected_by == (0, 0, 1, 1)
    assert found.structure.layers() == ((0, 0), (0, 1), (1, 0), (1, 1))
    assert [item.differences for item in found.structure.templates] == [form.needs for form in L2T2]
    assert [item.chains for item in found.structure.templates] == [form.chains for form in L2T2]
    assert (found.number, found.active, found.begins, found.ends) == (5, 15, True, False)
    assert av1.parse(later.descriptor, 0, len(later.descriptor), None) is None, "a structure has to come first"
