"""What the application log and the database keep of signing in: nothing that names somebody or opens anything."""

import io
import logging
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest
import structlog

from tests.support.app import NAMES, PASSWORD, App, running
from web import logs

WRONG = "wrong-password-4711"


async def use_everything(app: App) -> list[str]:
    """Sign in well and badly, make tokens, break requests. Gives the secrets that were told."""
    agent = await app.client("agent")
    secrets = [cookie.value for cookie in agent.cookie_jar]
    for login, password in (("agent", WRONG), ("nobody-4711", WRONG)):
        async with app.anybody().post("/", data={"login": login, "password": password}) as answer:
            assert answer.status == 401
    async with agent.post("/api/v1/me/tokens", json={"name": "a", "scopes": ["read"]}) as answer:
        secrets.append((await answer.json())["secret"])
    async with agent.post("/api/v1/me/application-passwords", json={"name": "a"}) as answer:
        secrets.append((await answer.json())["secret"])
    async with agent.post("/api/v1/me/second-factor") as answer:
        secrets.append((await answer.json())["secret"])
    headers = {"Authorization": aiohttp.encode_basic_auth("agent", WRONG)}
    async with app.anybody(headers).get("/api/v1/me?login=agent") as answer:
        assert answer.status == 401
    async with agent.post("/api/v1/sessions", data=b"\xff{") as answer:
        assert answer.status == 422
    return [*secrets, WRONG, PASSWORD, "nobody-4711"]


@pytest.fixture
def application_log() -> Iterator[io.StringIO]:
    """What the server logs, as it would; put back afterwards."""
    handlers, level = logging.root.handlers, logging.root.level
    logs.configure("debug", pretty=False)
    written = io.StringIO()
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(written))
    yield written
    structlog.reset_defaults()
    logging.root.handlers, logging.root.level = handlers, level


async def test_no_secret_name_login_or_address_is_logged_or_kept(tmp_path: Path, application_log: io.StringIO) -> None:
    async with running(tmp_path) as app:
        secrets = await use_everything(app)
    written = application_log.getvalue()
    assert "sessions.open_session" in written
    for hidden in (*secrets, *NAMES.values(), "mairie.example", "127.0.0.1"):
        assert hidden not in written, "in the application log"
    assert '"agent"' not in written
    kept = b"".join(file.read_bytes() for file in tmp_path.glob("hemicycle.sqlite3*"))
    for hidden in (*secrets, "127.0.0.1"):
        assert hidden.encode() not in kept, "in the database"
    security = "".join(file.read_text("utf-8") for file in tmp_path.glob("logs/security-*.jsonl"))
    assert "127.0.0.1" in security and "nobody-4711" in security
    for hidden in secrets[:-1]:
        assert hidden not in security, "in the security log"
