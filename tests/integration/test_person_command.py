"""`hemicycle person`, as an administrator types it: add, disable, reset, erase, with the journal whole afterwards."""

import os
import subprocess
import sys
from pathlib import Path

import pytest


@pytest.fixture
def data(tmp_path: Path) -> Path:
    assert run(tmp_path, "migrate")[0] == 0
    return tmp_path


def run(data: Path, *arguments: str) -> tuple[int, str]:
    """The exit status, and what was said on both outputs."""
    done = subprocess.run(
        [sys.executable, "-m", "web.cli", *arguments],
        env={**os.environ, "HEMICYCLE_DATA": str(data)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    return done.returncode, done.stdout + done.stderr


def test_somebody_comes_leaves_and_is_erased(data: Path) -> None:
    status, said = run(data, "person", "add", "camille", "--name", "Camille Roche", "--admin")
    assert status == 0
    assert "/reset/" in said
    assert run(data, "person", "add", "zoe", "--name", "Zoé Delattre")[0] == 0
    assert run(data, "person", "erase", "zoe")[0] == 1, "nobody is erased who is still there"
    assert run(data, "person", "disable", "zoe")[0] == 0
    assert run(data, "person", "reset", "zoe")[0] == 1
    status, said = run(data, "person", "erase", "zoe")
    assert (status, said.strip()) == (0, "zoe: details of 3 entries erased")
    status, said = run(data, "check", "--journal")
    assert status == 0
    assert "whole" in said
    assert "(3 with details erased)" in said


def test_a_mistake_is_said_and_changes_nothing(data: Path) -> None:
    for arguments in (("add", "Two words", "--name", "X"), ("disable", "nobody"), ("erase", "nobody")):
        status, said = run(data, "person", *arguments)
        assert status == 1
        assert said.startswith("person: ")
        assert "Traceback" not in said
    assert "0 entries" in run(data, "check", "--journal")[1]
