"""The calculators' pages without scripts: the answer in a sentence, the count explained, what was typed kept."""

import re
from html import unescape
from typing import Any

import aiohttp
import pytest

from tests.support.app import App
from web.pages.council import CALCULATORS

TOP = "/council/calculators"
ENGLISH = {"Accept-Language": "en"}
NASTY = "<img src=x onerror=alert(1)>"


def words(text: str) -> str:
    """What a reader gets, with plain spaces."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", text)).replace("\u00a0", " "))


async def get(client: aiohttp.ClientSession, path: str, status: int = 200, **more: Any) -> str:
    async with client.get(path, **more) as answer:
        text = await answer.text()
        assert answer.status == status, text
        return text


async def post(client: aiohttp.ClientSession, name: str, data: Any, status: int = 200) -> str:
    async with client.post(f"{TOP}/{name}", data=data) as answer:
        text = await answer.text()
        assert answer.status == status, text
        return text


@pytest.fixture
async def member(app: App) -> aiohttp.ClientSession:
    return await app.client("stranger")


async def test_the_council_is_in_the_menu_and_leads_to_its_calculators(member: aiohttp.ClientSession) -> None:
    assert 'href="/council"' in await get(member, "/")
    text = await get(member, "/council")
    for calculator in CALCULATORS:
        assert f'href="{calculator.url}"' in text
        assert 'aria-current="page"' in await get(member, calculator.url)


async def test_a_convocation_day_by_day(member: aiohttp.ClientSession) -> None:
    path = f"{TOP}/convocation?assembly=commune&population=12000&sent=2026-12-23&meeting=2026-12-28&reason="
    text = words(await get(member, path))
    assert (
        "Envoyée le mercredi 23 décembre 2026 pour une séance le lundi 28 décembre 2026, la convocation serait"
        " irrégulière."
    ) in text
    assert "le minimum est de 5. CGCT L2121-12." in text
    assert "mercredi 23 décembre 2026 envoi, ne compte pas" in text
    assert "vendredi 25 décembre 2026 jour franc 2 · Noël, férié, compte aussi" in text
    assert "lundi 28 décembre 2026 séance, ne compte pas" in text
    assert "Séance au plus tôt mardi 29 décembre 2026" in text
    english = words(await get(member, path, headers=ENGLISH))
    assert "Sent on Wednesday 23 December 2026" in english


async def test_a_convocation_with_one_date(member: aiohttp.ClientSession) -> None:
    text = words(await get(member, f"{TOP}/convocation?assembly=epci&meeting=2026-12-17"))
    assert "Pour une séance le jeudi 17 décembre 2026, la convocation part au plus tard le vendredi 11" in text
    assert "au plus tôt" in words(await get(member, f"{TOP}/convocation"))  # from today on
    text = words(await get(member, f"{TOP}/convocation?sent=2026-01-01&meeting=2026-12-31"))
    assert "et 344 autres jours" in text
    assert "Jour par jour" not in words(await get(member, f"{TOP}/convocation?sent=1996-03-01&meeting=2199-12-31"))


async def test_a_convocation_that_may_be_challenged(member: aiohttp.ClientSession) -> None:
    text = words(await get(member, f"{TOP}/convocation?assembly=departement&sent=2026-11-23&meeting=2026-12-05"))
    assert "la convocation peut être contestée" in text
    assert "samedi 5 décembre 2026 séance, jour 12" in text


async def test_what_cannot_be_is_said_and_what_was_typed_is_kept(member: aiohttp.ClientSession) -> None:
    text = await get(member, f"{TOP}/convocation?assembly=commune&sent=2026-02-30&population=2000", 422)
    assert 'value="2026-02-30"' in text
    assert 'value="2000"' in text
    assert "Jour d’envoi : Une date est attendue ici" in words(text)
    text = await get(member, f"{TOP}/quorum?in_exercise=5&present=9", 422)
    assert 'aria-invalid="true" aria-describedby="present-hint present-error"' in text
    await get(member, f"{TOP}/holidays?year=12", 422)
    for query in ("assembly=%ff&sent=%ed%a0%80", "a=b&a=c", f"sent={NASTY}", "present=" + "9" * 3000):
        text = await get(member, f"{TOP}/convocation?{query}", 422)
        assert NASTY not in text


async def test_the_quorum_step_by_step(member: aiohttp.ClientSession) -> None:
    path = f"{TOP}/quorum?assembly=commune&in_exercise=23&present=14&withdrawn_from_count=3&represented=2"
    text = words(await get(member, path))
    assert "Le quorum est atteint : 11 présents pour un quorum de 11." in text
    assert "23 − 3 = 20" in text
    assert "Plus de la moitié de 20, soit le nombre entier supérieur : 11" in text
    assert "les pouvoirs ne comptent jamais pour le quorum" in text
    text = words(await get(member, f"{TOP}/quorum?assembly=commune&in_exercise=11&present=6&occasion=accounts"))
    assert "Le quorum n’est pas atteint : 5 présents pour un quorum de 6. Il manque 1 membre." in text
    text = words(await get(member, f"{TOP}/quorum?assembly=cst&in_exercise=5&present=3"))
    assert "vérifiez-le avant de vous fier" in text
    assert "Aucun quorum n’est exigé" in words(
        await get(member, f"{TOP}/quorum?assembly=commune&in_exercise=9&present=1&occasion=second_convocation")
    )


async def test_a_vote(member: aiohttp.ClientSession) -> None:
    form = {"assembly": "commune", "kind": "deliberation", "mode": "public", "for": "10", "against": "10"}
    text = words(await post(member, "ballot", {**form, "chair": "for", "present": "21", "abstentions": ""}))
    assert "La délibération est adoptée : 10 pour, 10 contre." in text
    assert "la voix du président, qui a voté pour, est prépondérante" in text
    assert "Scrutin secret : 7 des 21 présents (CGCT L2121-21)" in text
    text = await post(member, "ballot", {**form, "for": "-1"}, 422)
    assert 'value="-1"' in text
    assert "Le compte est adopté." in words(await post(member, "ballot", {"kind": "accounts"}))


async def test_an_appointment_with_one_more_candidate(member: aiohttp.ClientSession) -> None:
    form = [
        ("kind", "appointment"),
        ("round", "3"),
        ("mode", "secret"),
        *(("name", name) for name in ("Amélie", "", NASTY)),
        *(("candidate_votes", votes) for votes in ("8", "", "8")),
        *(("born", born) for born in ("1970-02-03", "", "1968-11-30")),
    ]
    text = await post(member, "ballot", [*form, ("add", "1")])
    assert text.count('class="calculator__row"') == 4
    assert 'value="Amélie"' in text
    text = await post(member, "ballot", form)
    assert NASTY not in text
    assert f"Élection acquise : {NASTY}." in unescape(text).replace("\u00a0", " ")
    without = [(name, value) for name, value in form if value != "1968-11-30"]
    text = await post(member, "ballot", without, 422)
    assert 'id="candidates.1.born-error"' in text
    assert "method" in text
    assert re.search(r'<form[^>]*method="post"[^>]*data-calculator', text)


async def test_seats_with_their_table(member: aiohttp.ClientSession) -> None:
    lists = [("Ensemble", "17", ""), ("Vivre ici", "7", "52,4"), ("Autrement", "3", "")]
    form = [("method", "highest_remainder"), ("seats", "5")]
    for column, name in enumerate(("name", "votes", "average_age")):
        form += [(name, row[column]) for row in lists]
    text = words(await post(member, "seats", form))
    assert "Ensemble : 3 sièges, Vivre ici : 1 siège, Autrement : 1 siège." in text
    assert "27 ÷ 5 = 5,4" in text
    form[0] = ("method", "highest_average")
    assert "Ensemble : 4 sièges" in words(await post(member, "seats", form))
    text = await post(member, "seats", form[:1], 422)
    assert "sans voix, il n’y a rien à répartir" in text


async def test_holidays_of_a_territory(member: aiohttp.ClientSession) -> None:
    text = words(await get(member, f"{TOP}/holidays?year=2027&territory=alsace_moselle"))
    assert "13 jours fériés en 2027 · Alsace et Moselle" in text
    assert "vendredi 26 mars 2027 Vendredi saint" in text
    assert "temple protestant" in text
