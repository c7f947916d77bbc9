"""The WebDAV conformance suite passes whole, in a space and in personal files."""

from pathlib import Path

import pytest

from tests.support.app import App
from tests.support.dav import dav
from tests.support.litmus import litmus


@pytest.mark.parametrize("folder", ["space", "personal"])
async def test_litmus(app: App, tmp_path: Path, folder: str) -> None:
    client = await dav(app, "editor")
    base = client.base if folder == "space" else "/dav/personal/"
    verdict = await litmus(tmp_path, app.url + base, client.login, client.password)
    assert verdict.remarks == [], "\n".join(verdict.remarks)
    assert verdict.ran == verdict.passed > 100
