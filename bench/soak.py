"""`python -m bench.soak`: the kill, fuzz and load tests with long budgets; the result goes into bench/README.md."""

import subprocess
import sys
import tempfile
from pathlib import Path
from xml.etree import ElementTree

from bench import figures
from bench.server import ROOT


def main() -> int:
    """The status of pytest."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder, "report.xml")
        command = [sys.executable, "-m", "pytest", "--soak", "--timeout=0", f"--junit-xml={report}"]
        status = subprocess.run(command, cwd=ROOT).returncode
        rows = [_row(case) for case in ElementTree.parse(report).iter("testcase")]
    figures.write("soak", "\n".join(["| test | seconds | result |", "|---|---|---|", *rows]))
    return status


def _row(case: ElementTree.Element) -> str:
    broken = case.find("failure") is not None or case.find("error") is not None
    return f"| {case.get('name')} | {float(case.get('time', 0)):.0f} | {'**failed**' if broken else 'passed'} |"


if __name__ == "__main__":
    sys.exit(main())
