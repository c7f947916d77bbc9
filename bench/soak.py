"""`python -m bench.soak [TEST…]`: the kill, fuzz and load tests with long budgets, and their table in bench/README.md.

Without arguments all of them; else those named, as pytest names them, whose rows are then the only ones that change.
"""

import re
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from xml.etree import ElementTree

from bench import figures
from bench.server import ROOT

# As in `make test`: media are measured against the clock and get the machine for themselves.
SIDE_BY_SIDE = ["-n", "2", "--dist", "worksteal", "-m", "not alone"]
ALONE = ["-m", "alone"]
HEAD = ["| test | seconds | on | result |", "|---|---|---|---|"]


def main() -> int:
    """The worse status of pytest's runs."""
    named = sys.argv[1:]
    rows = dict(_rows(figures.read("soak"))) if named else {}
    status = 0
    for chosen in [named] if named else [SIDE_BY_SIDE, ALONE]:
        with tempfile.TemporaryDirectory() as folder:
            report = Path(folder, "report.xml")
            command = [sys.executable, "-m", "pytest", "--soak", "-v", "--timeout=0", f"--junit-xml={report}", *chosen]
            status = max(status, subprocess.run(command, cwd=ROOT).returncode)
            rows |= {_name(case): _row(case) for case in ElementTree.parse(report).iter("testcase")}
    figures.write("soak", "\n".join([*HEAD, *(rows[name] for name in sorted(rows))]))
    return status


def _rows(table: str) -> list[tuple[str, str]]:
    """Each row of a table by the test that it is about."""
    return [(found[1], found[0]) for found in re.finditer(r"^\| (\S+::\S+) \|.*$", table, flags=re.MULTILINE)]


def _name(case: ElementTree.Element) -> str:
    """`test_kill::test_nothing_acknowledged_is_lost`"""
    return f"{case.get('classname', '').rpartition('.')[2]}::{case.get('name')}"


def _row(case: ElementTree.Element) -> str:
    broken = case.find("failure") is not None or case.find("error") is not None
    seconds, today = float(case.get("time", 0)), f"{datetime.now(UTC):%Y-%m-%d}"
    return f"| {_name(case)} | {seconds:.0f} | {today} | {'**failed**' if broken else 'passed'} |"


if __name__ == "__main__":
    sys.exit(main())
