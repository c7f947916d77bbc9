"""Every door that leads to a card: for somebody who may not see it, it is a card that does not exist."""

import json
from uuid import uuid4

import pytest
from yarl import URL

from tests.http.matrix import ROWS, key_of
from tests.http.test_matrix import Doors, _content, _fill, doors  # noqa: F401 - the fixture
from web.app import all_endpoints
from web.http import Endpoint

LEADING = ("card", "checklist", "task", "card_comment")
TO_CARDS = [one for one in all_endpoints() if any(f"{{{name}}}" in one.path for name in LEADING)]


async def knock(doors: Doors, endpoint: Endpoint, actor: str, *, there: bool) -> tuple[int, str]:  # noqa: F811
    """The answer to a valid request for a hidden card, or for one that does not exist."""
    row = ROWS[key_of(endpoint)]
    made = await doors.things.make(endpoint.path, json.dumps([row.body, row.form, row.headers, row.query]))
    path = {**made, **({} if there else {name: str(uuid4()) for name in LEADING})}
    headers = await doors.credentials(actor) | _fill(row.headers, made)
    url = URL(doors.app.url + endpoint.path.format(**path), encoded=True).with_query(_fill(row.query, made))
    asked = doors.http.request(endpoint.method, url, headers=headers, allow_redirects=False, **_content(row, made))
    async with asked as answer:
        document = await answer.json(content_type=None) if "json" in answer.headers.get("Content-Type", "") else {}
        told = {name: value for name, value in document.items() if name not in ("request_id", "instance")}
        return answer.status, json.dumps(told, sort_keys=True)


@pytest.mark.parametrize("endpoint", TO_CARDS, ids=key_of)
async def test_a_hidden_card_is_no_card(doors: Doors, endpoint: Endpoint) -> None:  # noqa: F811
    doors.things.hiding = True
    try:
        for actor in ("reader", "editor"):
            hidden, none = [await knock(doors, endpoint, actor, there=there) for there in (True, False)]
            assert hidden == none and hidden[0] == 404, actor
        status, _ = await knock(doors, endpoint, "owner", there=True)
        assert status < 500 and status != 404
    finally:
        doors.things.hiding = False
