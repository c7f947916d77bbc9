"""The page on which somebody makes a token for a camera or a player, and takes it back."""

import re

import pytest

from tests.http.test_meetings import make
from tests.support.app import App


async def test_a_token_is_shown_once_and_opens_the_door_until_it_is_revoked(app: App) -> None:
    meeting = (await make(app))["id"]
    agent = await app.client("agent")
    path = f"/meetings/{meeting}/programs"
    async with agent.post(path, data={"kind": "publish", "name": "Caméra du conseil"}) as answer:
        assert answer.status == 200
        page = await answer.text()
    [secret] = set(re.findall(r"hcm_[\w-]+", page))
    assert f"/whip/{meeting}" in page and f"/whep/{meeting}" in page
    async with agent.get(path) as answer:
        page = await answer.text()
    assert secret not in page and "Caméra du conseil" in page
    [revoke] = re.findall(rf"{path}/[\w-]+/revoke", page)
    headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/sdp"}
    async with agent.post(f"/whip/{meeting}", data="v=0", headers=headers) as answer:
        assert answer.status == 400  # let in, and then it is no offer
    async with agent.post(revoke, allow_redirects=False) as answer:
        assert answer.status == 303
    async with agent.post(f"/whip/{meeting}", data="v=0", headers=headers) as answer:
        assert answer.status == 401
    async with agent.get(path) as answer:
        assert "Caméra du conseil" not in await answer.text()


@pytest.mark.parametrize("form", [{"kind": "control"}, {}, {"kind": "view", "name": "x" * 81}])
async def test_what_is_no_token_is_said_beside_the_form(app: App, form: dict[str, str]) -> None:
    meeting = (await make(app))["id"]
    async with (await app.client("agent")).post(f"/meetings/{meeting}/programs", data=form) as answer:
        assert answer.status == 422
        page = await answer.text()
    assert "hcm_" not in page and 'name="kind"' in page


async def test_a_cancelled_meeting_gives_no_token(app: App) -> None:
    meeting = (await make(app))["id"]
    agent = await app.client("agent")
    async with agent.delete(f"/api/v1/meetings/{meeting}"):
        pass
    async with agent.post(f"/meetings/{meeting}/programs", data={"kind": "view"}) as answer:
        assert answer.status == 422
        assert "hcm_" not in await answer.text()
    async with agent.get(f"/meetings/{meeting}/programs") as answer:
        assert answer.status == 200
        assert 'name="kind"' not in await answer.text()
