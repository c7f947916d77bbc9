"""The meters of the benches measure: CPU and memory of a process with its descendants, and the table they go into."""

import subprocess
import sys
from pathlib import Path

import pytest

from bench import figures
from bench.figures import Figure
from bench.server import Server

_GREEDY = """
import subprocess, sys, time
block = bytearray(b"x" * 60_000_000)
child = subprocess.Popen([sys.executable, "-c", "block = bytearray(b'x' * 60_000_000); print(1, flush=True); input()"],
                         stdin=subprocess.PIPE, stdout=subprocess.PIPE)
child.stdout.readline()
while time.process_time() < 0.5:
    pass
print("used", flush=True)
input()
child.communicate(b"\\n")
"""


def test_cpu_and_memory_are_those_of_the_family() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", _GREEDY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stdin is not None
        assert process.stdout.readline() == "used\n"
        server = Server(process.pid, "", {})
        cpu, rss = server.cpu(), server.rss()
        process.stdin.write("\n")
    assert 0.48 <= cpu < 1.5
    assert 120e6 < rss < 250e6


def test_a_figure_knows_whether_its_target_is_reached() -> None:
    assert Figure("home page", 30, "ms", 30).reached
    assert not Figure("home page", 30.1, "ms", 30).reached
    assert Figure("p50", 1_000, "ms").reached
    assert Figure("home page", 41.237, "ms", 30).row() == "| home page | 41.24 ms | 30 ms | **no** |"


def test_the_table_replaces_the_last_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    readme = tmp_path / "README.md"
    readme.write_text("before\n<!-- figures -->\nold\n<!-- /figures -->\nafter\n")
    monkeypatch.setattr(figures, "README", readme)
    figures.write("figures", figures.table([Figure("home page", 12, "ms", 30)]))
    text = readme.read_text()
    assert text.startswith("before\n<!-- figures -->\n20") and text.endswith("<!-- /figures -->\nafter\n")
    assert "| home page | 12 ms | 30 ms | yes |" in text and "old" not in text
    with pytest.raises(RuntimeError, match="no section soak"):
        figures.write("soak", "")
