"""`python -m bench.soak`: the kill, fuzz and load tests with long budgets; the result goes into bench/README.md."""

import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from bench import figures
from bench.server import ROOT

# As in `make test`: media are measured against the clock and get the machine for themselves.
SIDE_BY_SIDE = ["-n", "2", "--dist", "worksteal", "--ignore", "tests/media"]
ALONE = ["tests/media"]


def main() -> int:
    """The worse status of pytest's two."""
    rows: list[str] = []
    status = 0
    for chosen in (SIDE_BY_SIDE, ALONE):
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder, "report.xml")
            command = [sys.executable, "-m", "pytest", "--soak", "-v", "--timeout=0", f"--junit-xml={report}", *chosen]
            status = max(status, subprocess.run(command, cwd=ROOT).returncode)
            rows += [_row(case) for case in ElementTree.parse(report).iter("testcase")]
    figures.write("soak", "\n".join(["| test | seconds | result |", "|---|---|---|", *rows]))
    return status


def _row(case: ElementTree.Element) -> str:
    broken = case.find("failure") is not None or case.find("error") is not None
    return f"| {case.get('name')} | {float(case.get('time', 0)):.0f} | {'**failed**' if broken else 'passed'} |"


if __name__ == "__main__":
    sys.exit(main())
