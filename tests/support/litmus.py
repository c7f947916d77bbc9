"""litmus, the WebDAV conformance suite: run whole against an address; what failed or was warned of, by line."""

import asyncio
import os
import re
from dataclasses import dataclass
from pathlib import Path

SUITES = ("basic", "copymove", "props", "locks", "http")


@dataclass(frozen=True)
class Verdict:
    """How many tests ran and passed, and the lines that tell of failures, warnings and skips."""

    ran: int
    passed: int
    remarks: list[str]


async def litmus(folder: Path, url: str, user: str, password: str) -> Verdict:
    """Run every suite; `litmus -k` ends with 0 even when tests fail, so its words are counted."""
    process = await asyncio.create_subprocess_exec(
        "litmus", "-k", url, user, password,
        cwd=folder,
        env={**os.environ, "TESTS": " ".join(SUITES)},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await process.communicate()
    text = output.decode(errors="replace").replace("\r", "\n")
    sums = re.findall(r"of (\d+) tests run: (\d+) passed, (\d+) failed", text)
    assert len(sums) == len(SUITES), text
    remarks = [line.strip() for line in text.splitlines() if re.search("FAIL|WARNING|SKIP|ERROR", line)]
    return Verdict(sum(int(run) for run, _, _ in sums), sum(int(passed) for _, passed, _ in sums), remarks)
