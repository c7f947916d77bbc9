"""A live sitting in two browsers: what one does the other sees; accessible with a ballot open."""

import pytest
from playwright.async_api import expect

from tests.browser.test_pages import faults, sign_in
from tests.http.council_things import make_council
from tests.support.app import App
from tests.support.chromium import Browse


async def sitting_with_ballot(app: App, path: str = "/ballots") -> str:
    """The address of a sitting in which the agent presides, the stranger sits, and an electronic ballot is open."""
    async with app.db.write() as tx:
        people = app.actor("agent"), app.people["stranger"]
        made = await make_council(tx, people[0], app.space, people[1], path, {"ballot"})
    return f"{app.url}/council/sittings/{made['sitting']}/live"


@pytest.mark.parametrize("width", [1280, 320])
async def test_the_ballot_is_accessible_for_members_and_clerks(app: App, browse: Browse, width: int) -> None:
    url = await sitting_with_ballot(app)
    page = await browse(viewport={"width": width, "height": 5000}, bypass_csp=True, reduced_motion="reduce")
    for who in ("agent", "stranger"):
        await sign_in(page, app, who)
        assert await faults(page, url) == [], who


async def test_a_vote_is_counted_at_once_on_the_clerks_screen_and_the_result_on_the_members(
    app: App, browse: Browse
) -> None:
    url = await sitting_with_ballot(app)
    clerk, member = await browse(), await browse()
    for page, who in ((clerk, "agent"), (member, "stranger")):
        await sign_in(page, app, who)
        await page.goto(url)
    await expect(clerk.locator("[data-received]")).to_have_text("0")
    await member.check("input[value=against]")
    await member.get_by_role("button", name="Confirmer le vote").click()
    await expect(member.get_by_text("Votre vote est enregistré.")).to_be_visible()
    await expect(clerk.locator("[data-received]")).to_have_text("1")
    await clerk.get_by_role("button", name="Clore le scrutin").click()
    for page in (clerk, member):
        # In the agenda, once the page was asked for again; the figures are shown and said before.
        agenda = page.locator(".council__agenda")
        await expect(agenda.get_by_text("0 pour, 1 contre, 0 abstentions")).to_be_visible()


SECRET = "/ballots/secret-vote"


async def test_a_secret_vote_is_sealed_by_the_browser_and_the_receipt_stays(app: App, browse: Browse) -> None:
    url = await sitting_with_ballot(app, SECRET)
    page = await browse()
    await sign_in(page, app, "stranger")
    await page.goto(url)
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.post_data or "") if request.method == "POST" else None)
    await page.get_by_label("Contre").check()
    await page.get_by_role("button", name="Confirmer le vote").click()
    await expect(page.get_by_text("Votre vote est reçu et compte une fois.")).to_be_visible()
    assert "sealed=" in sent[0]
    assert "option=" not in sent[0]
    receipt = await page.locator(".live__vote code").text_content()
    assert receipt
    second = await browse()
    await sign_in(second, app, "stranger")
    await second.goto(url)
    await expect(second.locator(".live__vote code")).to_have_text(receipt)


async def test_a_secret_vote_needs_no_script(app: App, browse: Browse) -> None:
    url = await sitting_with_ballot(app, SECRET)
    page = await browse(java_script_enabled=False)
    await sign_in(page, app, "stranger")
    await page.goto(url)
    await page.get_by_label("Blanc").check()
    await page.get_by_role("button", name="Confirmer le vote").click()
    await expect(page.locator(".live__vote code")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 320])
async def test_secret_ballots_and_elections_are_accessible(app: App, browse: Browse, width: int) -> None:
    url = await sitting_with_ballot(app, SECRET)
    page = await browse(viewport={"width": width, "height": 5000}, bypass_csp=True, reduced_motion="reduce")
    await sign_in(page, app, "agent")
    assert await faults(page, url) == []
    await page.goto(url)
    await page.get_by_role("button", name="Retirer le scrutin").click()
    await page.get_by_label("Ce dont on décide").select_option("seats")
    await page.get_by_label("Mode de scrutin").select_option("paper")
    await page.get_by_label("Qui se présente").fill("Ensemble ; 52,4\nAutrement ; 48,1")
    await page.get_by_label("Sièges à répartir").fill("5")
    await page.get_by_role("button", name="Ouvrir le scrutin").click()
    await page.get_by_label("Ensemble").fill("2")
    await page.get_by_label("Autrement").fill("1")
    await page.get_by_role("button", name="Clore le scrutin").click()
    row = page.get_by_role("row", name="Ensemble")
    await expect(row.get_by_role("cell")).to_have_text(["2", "3"])
    assert await faults(page, url) == []
