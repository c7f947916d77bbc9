"""Minutes in a browser: saved while one types, both versions on a conflict; the room's screen; what citizens see."""

import pytest
from playwright.async_api import expect

from tests.browser.test_pages import faults, sign_in
from tests.http.council_things import make_council
from tests.support.app import App
from tests.support.chromium import Browse


async def held(app: App, names: set[str] | None = None, path: str = "/public") -> dict[str, str]:
    """A sitting in which the agent presided and the stranger sat, with its minutes proposed and its list online."""
    async with app.db.write() as tx:
        people = app.actor("agent"), app.people["stranger"]
        return await make_council(tx, people[0], app.space, people[1], path, names or {"held"})


@pytest.mark.parametrize("width", [1280, 320])
async def test_minutes_and_public_pages_are_accessible(app: App, browse: Browse, width: int) -> None:
    made = await held(app)
    page = await browse(viewport={"width": width, "height": 5000}, bypass_csp=True, reduced_motion="reduce")
    public = (f"/public/assemblies/{made['assembly']}", f"/public/sittings/{made['held']}")
    for path in public:
        assert await faults(page, app.url + path) == [], path
    await sign_in(page, app, "agent")
    sitting = f"/council/sittings/{made['held']}"
    for path in ("/minutes", "/minutes/edit", "/minutes/versions", "/projector?look=dark", "/projector?look=light"):
        assert await faults(page, app.url + sitting + path) == [], path


async def test_a_text_is_saved_while_one_types_and_a_conflict_shows_both(app: App, browse: Browse) -> None:
    made = await held(app)
    url = f"{app.url}/council/sittings/{made['held']}/minutes"
    browse.expect_error("412")
    first, second = await browse(), await browse()
    for page in (first, second):
        await sign_in(page, app, "agent")
        await page.goto(f"{url}/edit")
    opening = "form[data-part=opening]"
    await first.fill(f"{opening} textarea", "Minute de silence.")
    await expect(first.locator(f"{opening} [data-state]")).to_have_text("Enregistré")
    await second.fill(f"{opening} textarea", "Bienvenue à tous.")
    alert = second.locator(f"{opening} [data-other]")
    await expect(alert.locator("blockquote")).to_have_text("Minute de silence.")
    await expect(second.locator(f"{opening} textarea")).to_have_value("Bienvenue à tous.")
    await alert.get_by_role("button", name="Garder la mienne").click()
    await expect(second.locator(f"{opening} [data-state]")).to_have_text("Enregistré")
    await first.goto(url)
    await expect(first.locator(".paper")).to_contain_text("Bienvenue à tous.")
    await first.goto(f"{url}/versions")
    await expect(first.get_by_text("Mis de côté")).to_be_visible()
    await expect(first.locator(".minutes__versions li")).to_have_count(5)


async def test_the_rooms_screen_follows_the_vote(app: App, browse: Browse) -> None:
    made = await held(app, {"ballot"}, "/ballots")
    sitting = f"{app.url}/council/sittings/{made['sitting']}"
    clerk, screen = await browse(), await browse()
    for page in (clerk, screen):
        await sign_in(page, app, "agent")
    await screen.goto(f"{sitting}/projector?look=dark")
    await clerk.goto(f"{sitting}/live")
    await expect(screen.get_by_text("Vote en cours")).to_be_visible()
    await clerk.check("input[value=against]")
    await clerk.get_by_role("button", name="Confirmer le vote").click()
    await expect(screen.locator("[data-received]")).to_have_text("1")
    await clerk.get_by_role("button", name="Clore le scrutin").click()
    await expect(screen.locator(".projector__word")).to_have_text("Rejeté")
    assert await screen.locator("button, input, a[href]").count() == 0
