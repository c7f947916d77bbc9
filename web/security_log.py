"""The security log: who signed in or failed to, from where. The only place where addresses are written.

One file a day in `logs` of the data folder, JSON lines, mode 0600, deleted after `log.security_days`.
"""

import json
import os
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Literal
from uuid import UUID

Event = Literal[
    "sign_in",
    "sign_in_failed",
    "second_factor",
    "second_factor_failed",
    "sign_out",
    "password_changed",
    "reset_link_made",
    "reset_link_used",
    "token_made",
    "revoked",
    "link_refused",
]


class SecurityLog:
    """Appends lines; several processes may share the folder."""

    def __init__(self, data: Path, days: int) -> None:
        self._folder = data / "logs"
        self._days = days

    def write(
        self,
        now: datetime,
        event: Event,
        *,
        address: str = "",
        login: str = "",
        person: UUID | None = None,
        why: str = "",
    ) -> None:
        """One line. `why`: the code of a refusal, or the reason of a revocation."""
        line = {"at": now.isoformat(timespec="milliseconds"), "event": event, "address": address, "login": login}
        line |= {"person": str(person) if person else "", "why": why}
        text = json.dumps({name: value for name, value in line.items() if value}, ensure_ascii=False)
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(self._file(now.date()), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, text.encode("utf-8", "backslashreplace") + b"\n")  # one write: lines never mix
        finally:
            os.close(descriptor)

    def forget_old(self, today: date) -> None:
        """Delete the files that are older than the retention."""
        oldest = self._file(today - timedelta(days=self._days)).name
        for file in self._folder.glob("security-????-??-??.jsonl"):
            if file.name < oldest:
                file.unlink(missing_ok=True)

    def _file(self, day: date) -> Path:
        return self._folder / f"security-{day.isoformat()}.jsonl"
