"""A task or a socket that a test leaves behind is found, and the test bed makes its test fail."""

import asyncio
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.leaks import Watch

_LEAKING_TESTS = """
import asyncio, socket, pytest

kept = []

async def test_leaves_a_task():
    kept.append(asyncio.create_task(asyncio.sleep(60)))

async def test_fails_and_leaves_both():
    kept.append(asyncio.create_task(asyncio.sleep(60)))
    kept.append(socket.socket())
    raise ValueError("the news")

def test_leaves_a_socket():
    kept.append(socket.socket())

@pytest.fixture
async def worker():
    task = asyncio.create_task(asyncio.sleep(60))
    yield task
    task.cancel()

async def test_leaves_nothing(worker):
    assert not worker.done()
"""


async def test_finds_a_task() -> None:
    watch = Watch(grace=0.05)
    watch.note_tasks()
    task = asyncio.create_task(asyncio.sleep(60), name="forgotten")
    (left,) = await watch.end_tasks()
    assert "forgotten" in left
    assert task.cancelled()


async def test_lets_a_task_end_by_itself() -> None:
    watch = Watch()
    watch.note_tasks()
    task = asyncio.create_task(asyncio.sleep(0.05))
    assert await watch.end_tasks() == []
    assert task.done()


def test_finds_a_socket_and_says_which() -> None:
    watch = Watch()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(AssertionError, match=f"tcp 0100007F:{port:04X}"):
            watch.check_sockets()
    watch.check_sockets()


def test_the_test_bed_fails_those_tests(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    (tmp_path / "test_leaking.py").write_text(_LEAKING_TESTS)
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider"]
    settings = ["-c", str(pytestconfig.rootpath / "pyproject.toml"), "-rA", str(tmp_path)]
    done = subprocess.run([*command, *settings], cwd=pytestconfig.rootpath, capture_output=True, text=True, timeout=60)
    assert "1 failed, 3 passed, 2 errors" in done.stdout, done.stdout + done.stderr
    assert "ERROR test_leaking.py::test_leaves_nothing" not in done.stdout
