"""The security log: lines, mode, retention."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

from web.security_log import SecurityLog


def test_lines_are_whole_and_old_files_go(tmp_path: Path) -> None:
    log = SecurityLog(tmp_path, days=2)
    for day in (1, 2, 3, 4):
        at = datetime(2026, 11, day, 8, tzinfo=UTC)
        log.write(at, "sign_in_failed", address="192.0.2.1", login="é\nx\ud800", why="sessions.bad_credentials")
    file = tmp_path / "logs" / "security-2026-11-04.jsonl"
    assert file.stat().st_mode & 0o777 == 0o600
    (line,) = file.read_text("utf-8").splitlines()
    assert json.loads(line)["address"] == "192.0.2.1"
    log.forget_old(date(2026, 11, 5))
    names = sorted(entry.name for entry in (tmp_path / "logs").iterdir())
    assert names == ["security-2026-11-03.jsonl", "security-2026-11-04.jsonl"]
