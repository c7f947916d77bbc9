"""Transport-wide numbers: what went to a path under which one, on packets, late packets, repetitions."""

from pylibsrtp import Policy, Session

from meetings.media import rtp, sdp, srtp
from meetings.media.fanout import Path
from meetings.media.fanout_python import PythonPlane
from meetings.media.forwarding import OutMap, Position, extension_table, padding
from meetings.media.sent import SIZE, SentHistory
from tests.support.rtp_packets import audio, offer, packet, video, vp8
from tests.support.wire import Kept
from tests.unit.meetings.media.test_router import Scene

CC = "a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01"


def test_the_history_forgets_the_old_and_knows_the_new() -> None:
    sent = SentHistory()
    assert sent.get(0) is None
    for number in range(65500, 65500 + 2 * SIZE):
        assert sent.next == (number & 0xFFFF if number > 65500 else 0)
        sent.add(number & 0xFFFF, number % 1000, number / 10)
    last = 65500 + 2 * SIZE - 1
    assert sent.get(last & 0xFFFF) == (last / 10, last % 1000)
    assert sent.get((last - SIZE + 1) & 0xFFFF) is not None
    assert sent.get((last - SIZE) & 0xFFFF) is None


def session(direction: int) -> Session:
    return Session(Policy(key=bytes(30), ssrc_type=direction))


def test_every_packet_of_a_path_gets_the_next_number() -> None:
    plane, kept, reader = PythonPlane(), Kept(), session(Policy.SSRC_ANY_INBOUND)
    path = Path(session(Policy.SSRC_ANY_OUTBOUND), kept)
    table = extension_table({}, {}, transport=3)
    outputs = [plane.add(path), plane.add(path)]
    for index, output in enumerate(outputs):
        plane.set(output, OutMap(index + 1, 0, 0, 90_000).enter("a", Position(5, 0, 0, 0, 0.0), 96, table))
    for seq in (5, 6):
        plane.now = seq / 10
        data = packet(seq, payload=vp8(seq))
        header = rtp.parse(data)
        assert header is not None
        plane.push(data, header, rtp.parse_vp8(data, header.payload, header.end), outputs)
    plane.send(path, *padding(9, 97, 1, 0, 200, 3))
    plane.send(path, *padding(9, 97, 2, 0, 200, 0))
    plane.flush()
    numbers = []
    for datagram in kept.datagrams:
        plain = srtp.unprotect(reader, datagram)
        header = rtp.parse(plain or b"")
        assert plain is not None
        assert header is not None
        numbers += [plain[start:end] for number, _, start, end in rtp.extensions(plain, header) if number == 3]
    assert numbers == [bytes([0, number]) for number in range(5)]
    assert path.sent.next == 5
    assert path.sent.get(1) == (0.5, len(kept.datagrams[1]))
    assert path.sent.get(2) == (0.6, len(kept.datagrams[2]))
    assert path.sent.get(5) is None


def test_who_asked_for_the_numbers_gets_them_on_pictures_and_who_did_not_does_not() -> None:
    scene = Scene("a")
    scene.enter("b", down=(audio("recvonly", CC), video("recvonly", CC)))
    scene.enter("c")
    assert scene.paths["b", "down"].transport_id == 3
    assert scene.paths["c", "down"].transport_id == 0
    for name in "bc":
        scene.select(name, "a")
    scene.speak("a", 1, 0.1)
    scene.picture("a", 1, 0.1, keyframe=True)
    ids: dict[tuple[Path, int], list[int]] = {}
    for path, data in scene.plane.packets:
        header = rtp.parse(data)
        assert header is not None
        ids[path, header.payload_type] = [number for number, *_ in rtp.extensions(data, header)]
    with_numbers, without = scene.paths["b", "down"], scene.paths["c", "down"]
    assert ids == {(with_numbers, 111): [1], (without, 111): [1], (with_numbers, 96): [3], (without, 96): []}


def test_the_answer_to_a_receiver_takes_the_extension_and_its_feedback_for_pictures_alone() -> None:
    scene = Scene()
    scene.room.admit("b", 0.0)
    sound = audio("recvonly", CC, "a=rtcp-fb:111 transport-cc")
    picture = video("recvonly", CC, "a=rtcp-fb:96 transport-cc")
    heard, seen = scene.room.receive("b", sdp.parse_offer(offer(sound, picture)), 0.0)
    assert heard is not None
    assert seen is not None
    assert (3, sdp.TRANSPORT_CC) in seen.extensions
    assert "transport-cc" in seen.codecs[0].feedback
    # sound is repeated as it was: a key stream must not serve two packets that differ
    assert (3, sdp.TRANSPORT_CC) not in heard.extensions
    assert "transport-cc" not in heard.codecs[0].feedback
