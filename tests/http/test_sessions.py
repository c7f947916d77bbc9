"""Signing in over the API: right, wrong, throttled, across sites, with tokens."""

from tests.support.app import App


async def test_signing_in_and_out(app: App) -> None:
    agent = await app.client("agent")
    async with agent.get("/api/v1/me") as answer:
        assert answer.status == 200
        me = await answer.json()
        assert (me["login"], me["is_admin"], me["second_factor"]) == ("agent", False, False)
    async with agent.delete("/api/v1/sessions/current") as answer:
        assert answer.status == 204
    async with agent.get("/api/v1/me") as answer:
        assert answer.status == 401
