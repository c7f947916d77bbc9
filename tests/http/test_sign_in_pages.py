"""The door and the settings as pages: forms, redirects to our own paths only, secrets shown once."""

import re
from pathlib import Path

import aiohttp
import pyotp
import pytest

from collab.core.access import job_actor
from directory.sessions.service import create_reset_link
from tests.support.app import PASSWORD, App, running

FORM_PAGES = (
    "/settings",
    "/settings/notifications",
    "/settings/password",
    "/settings/second-factor",
    "/settings/second-factor/enrol",
    "/settings/sessions",
    "/settings/tokens",
    "/settings/application-passwords",
)


async def send(client: aiohttp.ClientSession, path: str, **fields: str) -> tuple[int, str, str]:
    """Status, text and where it leads."""
    async with client.post(path, data=fields, allow_redirects=False) as answer:
        return answer.status, await answer.text(), answer.headers.get("Location", "")


async def read(client: aiohttp.ClientSession, path: str) -> tuple[int, str, str]:
    async with client.get(path, allow_redirects=False) as answer:
        return answer.status, await answer.text(), answer.headers.get("Location", "")


async def test_the_form_leads_where_one_was_going(app: App) -> None:
    client = app.anybody({"Sec-Fetch-Site": "same-origin", "Accept-Language": "en"})
    status, _, location = await read(client, "/settings/tokens?a=1&b=2")
    assert (status, location) == (303, "/?next=/settings/tokens?a%3D1%26b%3D2")
    _, page, _ = await read(client, location)
    assert 'name="login"' in page and 'name="password"' in page
    assert 'value="/settings/tokens?a=1&amp;b=2"' in page
    status, page, _ = await send(client, "/", login="agent", password="wrong", next="/settings/tokens")
    assert status == 401
    assert 'value="agent"' in page and 'value="/settings/tokens"' in page and "wrong" not in page
    status, _, location = await send(client, "/", login="agent", password=PASSWORD, next="/settings/tokens")
    assert (status, location) == (303, "/settings/tokens")
    status, _, location = await send(client, "/sign-out")
    assert (status, location) == (303, "/")
    assert (await read(client, "/settings"))[0] == 303


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
async def test_nobody_is_sent_elsewhere(app: App, target: str) -> None:
    _, _, location = await send(app.anybody(), "/", login="agent", password=PASSWORD, next=target)
    assert location == "/"


@pytest.mark.parametrize("path", FORM_PAGES)
@pytest.mark.parametrize("language", ["fr", "en"])
async def test_each_page_of_settings_opens(app: App, path: str, language: str) -> None:
    agent = await app.client("agent")
    async with agent.patch("/api/v1/me", json={"language": language}) as answer:
        assert answer.status == 200
    status, page, _ = await read(agent, path)
    assert status == 200
    assert f'<html lang="{language}"' in page
    assert page.count('aria-current="page"') + page.count('aria-current="true"') >= 2


async def test_an_administrator_enrols_at_the_door(tmp_path: Path) -> None:
    async with running(tmp_path, sessions={"admin_second_factor": "required"}) as app:
        admin = app.anybody()
        status, _, location = await send(admin, "/", login="admin", password=PASSWORD, next="/admin/people")
        assert (status, location) == (303, "/?next=/admin/people")
        _, page, _ = await read(admin, location)
        secret = re.search(r"<code>([A-Z2-7]{16,})</code>", page)
        assert secret and "data:image/svg+xml" in page
        assert (await send(admin, "/second-factor", code="000000", next="/admin/people"))[0] == 401
        code = pyotp.TOTP(secret.group(1)).now()
        status, page, _ = await send(admin, "/second-factor", code=code, next="/admin/people")
        assert status == 200 and 'href="/admin/people"' in page
        recovery = re.findall(r"<code>([a-z-]{19})</code>", page)
        assert len(recovery) == 10
        assert (await read(admin, "/admin/people"))[0] == 200

        later = app.anybody()
        await send(later, "/", login="admin", password=PASSWORD)
        assert (await send(later, "/second-factor", code=recovery[3], next="/admin/people"))[2] == "/admin/people"
        status, page, _ = await send(later, "/settings/second-factor/codes", code=recovery[4])
        assert status == 200 and len(re.findall(r"<code>([a-z-]{19})</code>", page)) == 10
        status, page, _ = await send(later, "/settings/second-factor/codes", code=recovery[5])
        assert status == 422


async def test_somebody_enrols_and_removes_in_the_settings(app: App) -> None:
    agent = await app.client("agent")
    _, page, _ = await read(agent, "/settings/second-factor/enrol")
    found = re.search(r"<code>([A-Z2-7]{16,})</code>", page)
    assert found
    status, page, _ = await send(agent, "/settings/second-factor/enrol", code=pyotp.TOTP(found.group(1)).now())
    codes = re.findall(r"<code>([a-z-]{19})</code>", page)
    assert (status, len(codes)) == (200, 10)
    assert (await read(agent, "/settings/second-factor/enrol"))[2] == "/settings/second-factor"
    assert (await send(agent, "/settings/second-factor/remove", code="nonsense"))[0] == 422
    assert (await send(agent, "/settings/second-factor/remove", code=codes[0]))[0] == 303
    assert (await read(agent, "/settings/second-factor/enrol"))[0] == 200


async def test_display_and_password(app: App) -> None:
    agent = await app.client("agent")
    assert (await send(agent, "/settings", language="en", theme="dark"))[2] == "/settings?saved"
    _, page, _ = await read(agent, "/settings?saved")
    assert 'data-theme="dark"' in page and "Your settings are saved." in page
    assert (await send(agent, "/settings", language="xx", theme="dark"))[0] == 422
    new = "une phrase assez longue"
    assert (await send(agent, "/settings/password", old=PASSWORD, new=new, again="autre"))[0] == 422
    assert (await send(agent, "/settings/password", old="faux", new=new, again=new))[0] == 422
    assert (await send(agent, "/settings/password", old=PASSWORD, new=new, again=new))[0] == 303
    assert (await send(app.anybody(), "/", login="agent", password=new))[0] == 303


async def test_tokens_are_shown_once(app: App) -> None:
    agent = await app.client("agent")
    status, page, _ = await send(agent, "/settings/tokens", name="Tableau de bord", days="30", scope_read="true")
    assert status == 200
    found = re.search(r"<code>(hct_[\w-]+)</code>", page)
    assert found and "Tableau de bord" in page
    _, page, _ = await read(agent, "/settings/tokens")
    assert found.group(1) not in page and "Tableau de bord" in page
    path = re.search(r'action="(/settings/tokens/[0-9a-f-]+/revoke)"', page)
    assert path
    stranger = await app.client("stranger")
    assert (await send(stranger, path.group(1)))[0] == 404
    assert (await send(agent, path.group(1)))[0] == 303
    assert "Tableau de bord" not in (await read(agent, "/settings/tokens"))[1]
    assert (await send(agent, "/settings/tokens", name="Sans droit"))[0] == 422
    assert (await send(agent, "/settings/tokens", name="Trop", scope_admin="true"))[0] == 422


async def test_application_passwords_and_sessions(app: App) -> None:
    agent = await app.client("agent")
    status, page, _ = await send(agent, "/settings/application-passwords", name="Lecteur réseau")
    assert status == 200 and re.search(r"<code>[a-z]{4}(-[a-z]{4}){3}</code>", page)
    assert (await send(agent, "/settings/application-passwords"))[0] == 422
    path = re.search(r'action="(/settings/application-passwords/[0-9a-f-]+/revoke)"', page)
    assert path and (await send(agent, path.group(1)))[0] == 303
    other = await app.client("agent")
    _, page, _ = await read(agent, "/settings/sessions")
    revoke = re.search(r'action="(/settings/sessions/[0-9a-f-]+/revoke)"', page)
    assert revoke and (await send(agent, revoke.group(1)))[0] == 303
    assert (await read(other, "/settings"))[0] == 303
    assert (await send(agent, "/settings/sessions/revoke-others"))[0] == 303


async def test_a_reset_link_works_once(app: App) -> None:
    async with app.db.write() as tx:
        token = await create_reset_link(tx, job_actor("test"), app.people["agent"])
    agent, client, new = await app.client("agent"), app.anybody(), "une phrase assez longue"
    path = f"/reset/{token}"
    assert "agent" in (await read(client, path))[1]
    assert (await send(client, path, new="court", again="court"))[0] == 422
    assert (await send(client, path, new=new, again="autre chose encore"))[0] == 422
    assert (await send(client, path, new=new, again=new))[0] == 200
    assert (await read(client, path))[0] == 404
    assert (await send(client, path, new=new, again=new))[0] == 404
    assert (await read(agent, "/settings"))[0] == 303
    assert (await send(client, "/", login="agent", password=new))[0] == 303
    assert (await read(app.anybody(), "/reset/nonsense"))[0] == 404


async def test_no_other_site_sends_a_form_of_ours_even_without_a_session(app: App) -> None:
    async with app.db.write() as tx:
        token = await create_reset_link(tx, job_actor("test"), app.people["agent"])
    fields = {"new": "a new password of mine", "again": "a new password of mine"}
    foreign: list[dict[str, str]] = [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {}]
    for headers in foreign:
        for path in (f"/reset/{token}", "/", "/sign-out", "/second-factor"):
            assert (await send(app.anybody(headers), path, **fields))[0] == 403, path
    assert (await send(app.anybody({"Origin": app.url}), f"/reset/{token}", **fields))[0] == 200
