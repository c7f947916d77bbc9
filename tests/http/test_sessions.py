"""Signing in over the API: right, wrong, throttled, across sites; the second factor; tokens."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import aiohttp
import pyotp
import pytest

from collab.core.errors import Unavailable
from collab.core.i18n import msg
from directory.people.service import disable_person
from directory.sessions.sign_in import SignIn
from tests.support.app import PASSWORD, SETUP, App, running

WRONG = "not this one at all"


async def attempt(client: aiohttp.ClientSession, login: str, password: str, **more: Any) -> tuple[int, dict[str, Any]]:
    async with client.post("/api/v1/sessions", json={"login": login, "password": password}, **more) as answer:
        return answer.status, await answer.json()


async def status_of(client: aiohttp.ClientSession, method: str, path: str, **more: Any) -> int:
    async with client.request(method, path, **more) as answer:
        return answer.status


async def test_signing_in_and_out(app: App) -> None:
    agent = await app.client("agent")
    async with agent.get("/api/v1/me") as answer:
        assert answer.status == 200
        me = await answer.json()
        assert (me["login"], me["is_admin"], me["second_factor"]) == ("agent", False, False)
    secret = agent.cookie_jar.filter_cookies(agent._base_url or app.url)["hemicycle"].value  # type: ignore[arg-type]
    assert await status_of(agent, "DELETE", "/api/v1/sessions/current") == 204
    assert await status_of(agent, "GET", "/api/v1/me") == 401
    stolen = app.anybody({"Cookie": f"hemicycle={secret}"})
    assert await status_of(stolen, "GET", "/api/v1/me") == 401


async def test_the_cookie_is_kept_from_scripts_and_other_sites(app: App) -> None:
    async with app.anybody().post("/api/v1/sessions", json={"login": "AGENT ", "password": PASSWORD}) as answer:
        header = answer.headers["Set-Cookie"]
    assert header.startswith("hemicycle=") and "; HttpOnly" in header and "; SameSite=Lax" in header
    assert "; Path=/;" in header and "Secure" not in header  # plain http on loopback


async def test_behind_tls_the_cookie_is_bound_to_the_host(tmp_path: Path) -> None:
    async with running(tmp_path, server={"public_url": "https://mairie.example"}) as app:
        async with app.anybody().post("/api/v1/sessions", json={"login": "agent", "password": PASSWORD}) as answer:
            header = answer.headers["Set-Cookie"]
            assert "Strict-Transport-Security" in answer.headers
        assert header.startswith("__Host-hemicycle=") and header.endswith("; Secure")


async def test_a_refusal_never_says_which_was_wrong(app: App) -> None:
    client = app.anybody()
    known, unknown = await attempt(client, "agent", WRONG), await attempt(client, "nobody", WRONG)
    empty = await attempt(client, "agent", "")
    for status, body in (known, unknown, empty):
        assert status == 401
        assert body["code"] == "sessions.bad_credentials"
        assert body["title"] == known[1]["title"]


async def test_thirty_failures_from_one_address_do_not_hold_up_the_next_person(app: App) -> None:
    client = app.anybody()
    for number in range(30):
        assert (await attempt(client, f"account{number}", WRONG))[0] == 401
    started = time.perf_counter()
    status, _ = await attempt(client, "agent", PASSWORD)
    assert status == 201
    assert time.perf_counter() - started < 1


async def test_ten_failures_on_one_account_slow_that_account_alone(tmp_path: Path) -> None:
    async with running(tmp_path, server={"trusted_proxies": ["127.0.0.1"]}) as app:
        client = app.anybody()
        for number in range(10):
            status, _ = await attempt(client, "agent", WRONG, headers={"X-Forwarded-For": f"192.0.2.{number}"})
            assert status == 401
        async with client.post("/api/v1/sessions", json={"login": "agent", "password": PASSWORD}) as answer:
            assert answer.status == 429
            assert 20 <= int(answer.headers["Retry-After"]) <= 30
        assert (await attempt(client, "editor", PASSWORD))[0] == 201
        lines = [json.loads(line) for file in tmp_path.glob("logs/*.jsonl") for line in file.read_text().splitlines()]
        assert {f"192.0.2.{number}" for number in range(10)} <= {line["address"] for line in lines}
        assert lines[-1]["event"] == "sign_in"


async def test_guesses_sent_at_once_are_counted_like_guesses_one_by_one(app: App) -> None:
    client = app.anybody()
    found = await asyncio.gather(*(attempt(client, "agent", WRONG) for _ in range(25)))
    assert sorted(status for status, _ in found) == [401] * 10 + [429] * 15


async def test_other_sites_cannot_sign_somebody_in_or_write(app: App) -> None:
    foreign: list[dict[str, str]] = [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {}]
    for headers in foreign:
        status, body = await attempt(app.anybody(headers), "agent", PASSWORD)
        assert (status, body["code"]) == (403, "csrf")
    assert (await attempt(app.anybody({"Origin": app.url}), "agent", PASSWORD))[0] == 201
    agent = await app.client("agent")
    headers = {"Sec-Fetch-Site": "same-site"}
    assert await status_of(agent, "PATCH", "/api/v1/me", json={"theme": "dark"}, headers=headers) == 403
    assert await status_of(agent, "PATCH", "/api/v1/me", json={"theme": "dark"}) == 200


async def test_a_disabled_person_is_out_at_once_and_stays_out(app: App) -> None:
    agent = await app.client("agent")
    program = await app.bearer("agent")
    assert await status_of(agent, "GET", "/api/v1/me") == await status_of(program, "GET", "/api/v1/me") == 200
    async with app.db.write() as tx:
        await disable_person(tx, SETUP, app.people["agent"], "left")
    assert await status_of(agent, "GET", "/api/v1/me") == 401
    assert await status_of(program, "GET", "/api/v1/me") == 401
    assert (await attempt(app.anybody(), "agent", PASSWORD))[0] == 401


async def test_while_the_directory_is_down_the_door_says_so_and_counts_nothing(app: App) -> None:
    class Down:
        async def authenticate(self, login: str, password: str) -> Any:
            raise Unavailable("directory.down", msg("The directory of the authority does not answer."))

    agent = await app.client("agent")
    app.deps.part(SignIn)._authenticator = Down()
    for _ in range(12):
        status, body = await attempt(app.anybody(), "agent", PASSWORD)
        assert (status, body["code"]) == (503, "directory.down")
    assert await status_of(agent, "GET", "/api/v1/me") == 200


async def test_an_administrator_enrols_before_anything_else(tmp_path: Path) -> None:
    async with running(tmp_path, sessions={"admin_second_factor": "required"}) as app:
        admin = app.anybody()
        assert (await attempt(admin, "admin", PASSWORD))[1]["second_factor"] == "enrol"
        for path in ("/api/v1/me", "/api/v1/spaces", "/api/v1/me/tokens"):
            async with admin.get(path) as answer:
                assert (answer.status, (await answer.json())["code"]) == (401, "sessions.second_factor")
        assert await status_of(admin, "GET", "/admin/people", allow_redirects=False) == 303
        async with admin.post("/api/v1/me/second-factor") as answer:
            otp = pyotp.TOTP((await answer.json())["secret"])
        async with admin.post("/api/v1/me/second-factor/confirmation", json={"code": "000000"}) as answer:
            assert (answer.status, (await answer.json())["code"]) == (401, "sessions.wrong_code")
        first = otp.now()
        async with admin.post("/api/v1/me/second-factor/confirmation", json={"code": first}) as answer:
            assert answer.status == 200
            codes = (await answer.json())["recovery_codes"]
        assert len(set(codes)) == 10
        assert await status_of(admin, "GET", "/admin/people") == 200

        again = app.anybody()
        assert (await attempt(again, "admin", PASSWORD))[1]["second_factor"] == "required"
        finish = "/api/v1/sessions/current/second-factor"
        assert await status_of(again, "POST", finish, json={"code": first}) == 401  # taken once already
        assert await status_of(again, "POST", finish, json={"code": codes[0].upper()}) == 200
        assert await status_of(again, "GET", "/api/v1/me") == 200
        third = app.anybody()
        await attempt(third, "admin", PASSWORD)
        assert await status_of(third, "POST", finish, json={"code": codes[0]}) == 401
        removal = "/api/v1/me/second-factor/removal"
        assert await status_of(again, "POST", removal, json={"code": codes[1]}) == 409


async def test_codes_cannot_be_guessed_for_long(app: App) -> None:
    agent = await app.client("agent")
    async with agent.post("/api/v1/me/second-factor") as answer:
        otp = pyotp.TOTP((await answer.json())["secret"])
    assert await status_of(agent, "POST", "/api/v1/me/second-factor/confirmation", json={"code": otp.now()}) == 200
    thief = app.anybody()
    await attempt(thief, "agent", PASSWORD)
    finish = "/api/v1/sessions/current/second-factor"
    statuses = [await status_of(thief, "POST", finish, json={"code": "123456"}) for _ in range(7)]
    assert statuses == [401] * 5 + [429] * 2


async def test_a_token_acts_within_its_scopes_and_makes_no_other(app: App) -> None:
    agent = await app.client("agent")
    async with agent.post("/api/v1/me/tokens", json={"name": "script", "scopes": ["read"], "days": 7}) as answer:
        made = await answer.json()
        assert answer.status == 201 and made["secret"].startswith("hct_")
    program = app.anybody({"Authorization": f"Bearer {made['secret']}"})
    assert await status_of(program, "GET", "/api/v1/me") == 200
    assert await status_of(program, "GET", f"/api/v1/spaces/{app.space}") == 200
    assert await status_of(program, "PATCH", "/api/v1/me", json={"theme": "dark"}) == 403
    assert await status_of(program, "POST", "/api/v1/me/tokens", json={"name": "x", "scopes": ["read"]}) == 403
    assert await status_of(program, "POST", "/api/v1/me/application-passwords", json={"name": "x"}) == 403
    async with agent.get("/api/v1/me/tokens") as answer:
        (listed,) = (await answer.json())["items"]
        assert listed["last_used_at"] is not None and "secret" not in listed
    assert await status_of(agent, "DELETE", f"/api/v1/me/tokens/{made['id']}") == 204
    async with program.get("/api/v1/me") as answer:
        assert (answer.status, (await answer.json())["code"]) == (401, "bad_credentials")


async def test_an_administrator_s_token_needs_the_scope_admin(app: App) -> None:
    plain, full = await app.bearer("admin"), await app.bearer("admin", ["read", "admin"])
    assert await status_of(plain, "GET", "/admin/people") == 403
    assert await status_of(full, "GET", "/admin/people") == 200
    agent = await app.client("agent")
    async with agent.post("/api/v1/me/tokens", json={"name": "x", "scopes": ["admin"]}) as answer:
        assert (answer.status, list((await answer.json())["errors"])) == (422, ["scopes"])


async def test_an_application_password_speaks_basic(app: App) -> None:
    agent = await app.client("agent")
    async with agent.post("/api/v1/me/application-passwords", json={"name": "drive"}) as answer:
        made = await answer.json()
    letters = made["secret"]
    assert [len(group) for group in letters.split("-")] == [4, 4, 4, 4]

    def basic(login: str, password: str) -> aiohttp.ClientSession:
        return app.anybody({"Authorization": aiohttp.encode_basic_auth(login, password, encoding="utf-8")})

    assert await status_of(basic("agent", letters), "GET", "/api/v1/me") == 200
    assert await status_of(basic("agent", letters.replace("-", "").upper()), "GET", "/api/v1/me") == 200
    assert await status_of(basic("editor", letters), "GET", "/api/v1/me") == 401
    assert await status_of(basic("agent", PASSWORD), "GET", "/api/v1/me") == 401
    assert await status_of(agent, "DELETE", f"/api/v1/me/application-passwords/{made['id']}") == 204
    assert await status_of(basic("agent", letters), "GET", "/api/v1/me") == 401


async def test_one_sees_and_ends_one_s_own_sessions_only(app: App) -> None:
    here, there, other = await app.client("agent"), await app.client("agent"), await app.client("editor")
    async with here.get("/api/v1/me/sessions") as answer:
        mine = (await answer.json())["items"]
    assert [session["current"] for session in mine] == [True, False]
    path = f"/api/v1/me/sessions/{mine[1]['id']}"
    assert await status_of(other, "DELETE", path) == 404
    assert await status_of(here, "DELETE", path) == 204
    assert await status_of(there, "GET", "/api/v1/me") == 401
    third = await app.client("agent")
    assert await status_of(here, "DELETE", "/api/v1/me/sessions") == 204
    assert await status_of(third, "GET", "/api/v1/me") == 401
    assert await status_of(here, "GET", "/api/v1/me") == 200


async def test_another_password_ends_the_other_sessions(app: App) -> None:
    here, there = await app.client("agent"), await app.client("agent")
    change = {"old": WRONG, "new": "une phrase assez longue"}
    async with here.post("/api/v1/me/password", json=change) as answer:
        assert (answer.status, list((await answer.json())["errors"])) == (422, ["old"])
    async with here.post("/api/v1/me/password", json={"old": PASSWORD, "new": "short"}) as answer:
        assert (answer.status, list((await answer.json())["errors"])) == (422, ["new"])
    assert await status_of(here, "POST", "/api/v1/me/password", json={**change, "old": PASSWORD}) == 204
    assert await status_of(here, "GET", "/api/v1/me") == 200
    assert await status_of(there, "GET", "/api/v1/me") == 401
    assert (await attempt(app.anybody(), "agent", PASSWORD))[0] == 401
    assert (await attempt(app.anybody(), "agent", change["new"]))[0] == 201


async def test_language_and_theme(app: App) -> None:
    agent = await app.client("agent")
    async with agent.patch("/api/v1/me", json={"language": "en", "theme": "dark"}) as answer:
        me = await answer.json()
        assert (me["language"], me["theme"]) == ("en", "dark")
    async with agent.patch("/api/v1/me", json={"language": "tlh"}) as answer:
        assert (answer.status, list((await answer.json())["errors"])) == (422, ["language"])


async def test_bad_input_is_explained(app: App) -> None:
    client = app.anybody()
    for body in (b"{", b"\xff\xfe", b"[]", b'{"login": "x"}', b'{"login": 1, "password": "x"}'):
        async with client.post("/api/v1/sessions", data=body) as answer:
            assert answer.status == 422
            assert (await answer.json())["title"]
    assert (await attempt(client, "a\x00b", "x"))[0] == 401
    assert (await attempt(client, "a\ud800b", "x"))[0] == 422
    assert await status_of(client, "DELETE", "/api/v1/sessions/current") == 401


READS = ("/api/v1/spaces", "/api/v1/meetings", "/api/v1/me", "/api/v1/me/notifications", "/", "/projects", "/files")


@pytest.mark.parametrize("path", READS)
async def test_a_token_that_may_only_write_is_shown_no_list(app: App, path: str) -> None:
    assert await status_of(await app.bearer("agent", ["write", "manage"]), "GET", path) == 403
    assert await status_of(await app.bearer("agent", ["read"]), "GET", path) == 200


async def test_a_token_that_may_only_read_changes_nothing_of_its_person_s(app: App) -> None:
    reader = await app.bearer("agent", ["read"])
    choice = {"kind": "account", "delivery": "none"}
    assert await status_of(reader, "POST", "/api/v1/me/notifications/read", json={}) == 403
    assert await status_of(reader, "PUT", "/api/v1/me/notifications/choices", json=choice) == 403
    assert await status_of(reader, "PATCH", "/api/v1/me", json={"theme": "dark"}) == 403
    assert await status_of(reader, "POST", "/notifications/read") == 403
    assert await status_of(reader, "POST", "/settings", data={"theme": "dark"}) == 403
    writer = await app.bearer("agent", ["write"])
    assert await status_of(writer, "POST", "/api/v1/me/notifications/read", json={}) == 200
    assert await status_of(writer, "PUT", "/api/v1/me/notifications/choices", json=choice) == 403


async def test_the_scope_admin_is_what_administration_takes(app: App) -> None:
    path = f"/api/v1/admin/people/{app.people['agent']}/reset-link"
    assert await status_of(await app.bearer("admin", ["read", "write", "manage"]), "POST", path) == 403
    assert await status_of(await app.bearer("admin", ["admin"]), "POST", path) == 201


async def test_signing_in_again_ends_the_session_that_the_browser_had(app: App) -> None:
    browser = await app.client("agent")
    before = {"Cookie": "hemicycle=" + next(iter(browser.cookie_jar)).value}
    elsewhere = await app.client("agent")
    assert (await attempt(browser, "agent", WRONG))[0] == 401
    assert await status_of(app.anybody(before), "GET", "/api/v1/me") == 200  # a failure ends nothing
    assert (await attempt(browser, "editor", PASSWORD))[0] == 201
    assert await status_of(app.anybody(before), "GET", "/api/v1/me") == 401
    assert await status_of(elsewhere, "GET", "/api/v1/me") == 200
    assert await status_of(browser, "GET", "/api/v1/me") == 200


async def test_a_program_that_signs_in_beside_its_token_keeps_the_token(app: App) -> None:
    program = await app.bearer("agent")
    assert (await attempt(program, "agent", PASSWORD))[0] == 201
    assert await status_of(program, "GET", "/api/v1/me") == 200
