"""The adapter to clamd against a real one, over TCP and its socket, there and not there; and `hemicycle check`."""

from pathlib import Path

import pytest

from collab.core.settings import Settings
from collab.files.models import ScanState
from collab.files.scanning import ScannerFailed, Verdict, Why
from tests.support.clamd import EICAR, SIGNATURE, STREAM_MAX, ClamdServer, nested_zip
from tests.support.ports import LOOPBACK, free_port
from web.commands.check import PARTS
from web.outbound.clamd import Clamd, verdict_of


class Bytes:
    """An open object in memory."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.size = len(data)

    async def read(self, start: int, length: int, _digest: object = None) -> bytes:
        return self._data[start : start + length]


async def test_over_tcp_and_over_its_socket(clamd: ClamdServer) -> None:
    for place in (clamd.place, clamd.path):
        scanner = Clamd(place, 100 << 20)
        assert (await scanner.version()).startswith("ClamAV ")
        assert await scanner.scan(Bytes(b"bon")) == Verdict(ScanState.CLEAN)
        assert await scanner.scan(Bytes(b"")) == Verdict(ScanState.CLEAN)
        assert await scanner.scan(Bytes(nested_zip(EICAR))) == Verdict(ScanState.INFECTED, SIGNATURE)
        # It closes while we send: what it said before is read all the same.
        assert await scanner.scan(Bytes(bytes(3 * STREAM_MAX))) == Verdict(ScanState.UNSCANNED, Why.TOO_LARGE)


async def test_where_nobody_listens(tmp_path: Path) -> None:
    for place in (f"{LOOPBACK}:{free_port()}", str(tmp_path / "no.sock"), "nowhere.invalid:3310"):
        with pytest.raises(ScannerFailed):
            await Clamd(place, 1000).version()


@pytest.mark.parametrize(
    ("answer", "verdict"),
    [
        ("stream: OK", Verdict(ScanState.CLEAN)),
        ("stream: Win.Test.EICAR_HDB-1 FOUND", Verdict(ScanState.INFECTED, "Win.Test.EICAR_HDB-1")),
        ("stream: Heuristics.Limits.Exceeded.MaxScanSize FOUND", Verdict(ScanState.UNSCANNED, Why.TOO_LARGE)),
        ("stream: Heuristics.Encrypted.Zip FOUND", Verdict(ScanState.UNSCANNED, Why.ENCRYPTED)),
        ("INSTREAM size limit exceeded. ERROR", Verdict(ScanState.UNSCANNED, Why.TOO_LARGE)),
    ],
)
def test_what_answers_mean(answer: str, verdict: Verdict) -> None:
    assert verdict_of(answer) == verdict


@pytest.mark.parametrize("answer", ["", "UNKNOWN COMMAND", "stream: lstat() failed ERROR"])
def test_what_is_no_answer(answer: str) -> None:
    with pytest.raises(ScannerFailed):
        verdict_of(answer)


async def test_the_check_command_asks_it(clamd: ClamdServer) -> None:
    check = PARTS["antivirus"]
    assert (await check(Settings.model_validate({"files": {"clamd": clamd.place}}))).startswith("ClamAV ")
    assert "not scanned and given out" in await check(Settings())
    assert "not given out" in await check(Settings.model_validate({"files": {"unscanned": "refuse"}}))
    with pytest.raises(ScannerFailed):
        await check(Settings.model_validate({"files": {"clamd": f"{LOOPBACK}:{free_port()}"}}))
