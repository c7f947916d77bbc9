"""Credentials for TURN servers that end by themselves, as "A REST API For Access To TURN Services"
(draft-uberti-behave-turn-rest-00) has them; coturn calls it `use-auth-secret`.

Pure. `live.py` gives them to whoever it lets in; the secret stays on this server and the TURN servers.
"""

from __future__ import annotations

import base64
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from meetings.rooms.models import IceServer

LIFETIME = timedelta(hours=24)
"""Longer than any sitting: a relay's credentials are asked for again at each refresh of an allocation."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The TURN servers there are; none by default."""

    urls: tuple[str, ...] = ()
    secret: str = field(default="", repr=False)

    def servers(self, name: str, now: datetime) -> list[IceServer]:
        """What a browser is told: `name` shows in the relay's log, so it must say nothing about the person."""
        if not self.urls:
            return []
        username = f"{int((now + LIFETIME).timestamp())}:{name}"
        digest = hmac.digest(self.secret.encode(), username.encode(), "sha1")
        return [IceServer(urls=list(self.urls), username=username, credential=base64.b64encode(digest).decode())]
