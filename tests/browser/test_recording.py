"""A meeting is recorded from the browser: asked, agreed to, told at the door, ended, found again on its page."""

import pytest
from playwright.async_api import expect
from sqlalchemy import select

from collab.core.jobs import Worker
from meetings.recording.models import Recording, State
from tests.browser.test_room import at_the_door, inside, media_arrives, plan
from tests.support.app import App
from tests.support.chromium import Browse, violations
from web import scheduled

pytestmark = pytest.mark.alone


async def test_a_host_records_once_all_have_agreed_and_the_film_is_on_the_page(app: App, browse: Browse) -> None:
    browse.expect_error("403")
    meeting = await plan(app)
    agent, editor = [await inside(browse, app, meeting, role) for role in ("agent", "editor")]
    await media_arrives(agent)
    await expect(editor.get_by_role("button", name="Enregistrer la réunion")).to_have_count(0)
    await agent.get_by_role("button", name="Enregistrer la réunion").click()
    await expect(agent.get_by_text("En attente de l’accord de 1 personne")).to_be_visible()
    question = editor.get_by_role("region", name="Enregistrement")
    await expect(question).to_be_visible()
    assert await violations(editor) == []
    await question.get_by_role("button", name="J’accepte").click()
    for page in (agent, editor):
        await expect(page.locator(".room-recording.on")).to_contain_text("Enregistrement")
    await expect(question).to_have_count(0)
    assert await violations(agent) == []

    reader = await at_the_door(browse, app.url, meeting, "reader")
    await reader.get_by_role("button", name="Rejoindre").click()
    dialog = reader.get_by_role("dialog", name="Cette réunion est enregistrée")
    await expect(dialog).to_be_visible()
    assert await violations(reader) == []
    await dialog.get_by_role("button", name="Ne pas entrer").click()
    await expect(reader.get_by_text("Entrer, c’est y consentir")).to_be_visible()
    await reader.get_by_role("button", name="Rejoindre").click()
    await dialog.get_by_role("button", name="Consentir et entrer").click()
    await expect(reader.locator(".room-recording.on")).to_be_visible()
    await media_arrives(reader)

    await agent.get_by_role("button", name="Arrêter l’enregistrement").click()
    await expect(editor.get_by_text("L’enregistrement est terminé.").first).to_be_visible()
    await Worker(app.db, scheduled.handlers(app.deps)).run_due()
    async with app.db.read() as tx:
        (recording,) = await tx.all(select(Recording))
        assert recording.state == State.READY
    await editor.goto(f"{app.url}/meetings/{meeting}")
    panel = editor.get_by_role("region", name="Enregistrements")
    await expect(panel.get_by_text("Prêt")).to_be_visible()
    await expect(panel.get_by_role("link", name="Film")).to_be_visible()
    assert await violations(editor) == []
