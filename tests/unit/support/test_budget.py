"""Tests take short budgets in `make test` and long ones in `make soak`, which runs nothing else."""

import subprocess
import sys
from pathlib import Path

import pytest

_TESTS = """
import hypothesis, pytest

@pytest.mark.soak
def test_kills(budget):
    print("rounds:", budget(20, 1_000), "examples:", hypothesis.settings().max_examples)

def test_other():
    pass
"""


@pytest.mark.parametrize(
    ("options", "numbers", "result"),
    [([], "rounds: 20 examples: 50", "2 passed"), (["--soak"], "rounds: 1000 examples: 2000", "1 passed")],
)
def test_budget(tmp_path: Path, pytestconfig: pytest.Config, options: list[str], numbers: str, result: str) -> None:
    (tmp_path / "test_sample.py").write_text(_TESTS)
    command = [sys.executable, "-m", "pytest", "-p", "tests.conftest", "-p", "no:cacheprovider", "-s", *options]
    settings = ["-c", str(pytestconfig.rootpath / "pyproject.toml"), str(tmp_path)]
    done = subprocess.run([*command, *settings], cwd=pytestconfig.rootpath, capture_output=True, text=True, timeout=60)
    assert numbers in done.stdout and result in done.stdout, done.stdout + done.stderr
