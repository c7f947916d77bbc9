"""The If header and its relatives, as RFC 4918 shows them and as nobody should send them."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from web.dav.addresses import destination_of, href, names_of, space_names
from web.dav.conditions import depth_of, lock_token, overwrites, parse_if, timeout_of, tokens_in
from web.http import BadRequest

TOKEN = UUID("181d4fae-7d8c-11d0-a765-00a0c91e6bf2")
SHOWN = f"<opaquelocktoken:{TOKEN}>"
BROKEN = ["", "()", "(", "x", f"({SHOWN}", "(Not)", '["e"]', "(<a>) )", "<a>", "(Not Not <a>)", "(" * 9000]


def test_the_examples_of_the_standard() -> None:
    [one, other] = parse_if(f'({SHOWN} ["I am an ETag"]) (["I am another ETag"])')
    assert [(part.token is not None, part.etag) for part in one.conditions] == [(True, None), (False, '"I am an ETag"')]
    assert other.conditions[0].etag == '"I am another ETag"'
    [negated] = parse_if(f"(Not {SHOWN} <urn:uuid:58f202ac-22cf-11d1-b12d-002035b29092>)")
    assert [part.negated for part in negated.conditions] == [True, False]
    assert tokens_in([negated]) == {UUID("58f202ac-22cf-11d1-b12d-002035b29092")}
    lists = parse_if(f'<http://a/x> ({SHOWN} [W/"weak"]) (["strong"]) <http://a/y> (Not <DAV:no-lock>)')
    assert [group.tag for group in lists] == ["http://a/x", "http://a/x", "http://a/y"]


@pytest.mark.parametrize("header", BROKEN)
def test_what_is_no_if_header(header: str) -> None:
    with pytest.raises(BadRequest):
        parse_if(header)


def test_the_small_ones() -> None:
    assert lock_token(SHOWN) == TOKEN
    assert lock_token("<DAV:no-lock>") is None
    assert depth_of(None, "infinity") == "infinity"
    assert depth_of(" 1 ", "0") == "1"
    with pytest.raises(BadRequest):
        depth_of("2", "0")
    assert timeout_of("Infinite, Second-4100000000") == timedelta(days=1)
    assert timeout_of("Second-600") == timedelta(minutes=10)
    assert timeout_of("nonsense") == timedelta(minutes=30)
    assert (overwrites(None), overwrites("f")) == (True, False)
    with pytest.raises(BadRequest):
        overwrites("maybe")


def test_addresses_there_and_back() -> None:
    names = ("Rénovation", "a b#?%&+;.txt", "日本")
    assert names_of(href(names, folder=False)) == names
    assert names_of("/dav/") == names_of("/dav") == ()
    assert destination_of("http://here:1/dav/x", frozenset({"here:1"})) == "/dav/x"
    assert destination_of("http://there/dav/x", frozenset({"here:1"})) is None
    older, younger, odd = sorted(uuid4() for _ in range(3))
    found = space_names({older: "Budget", younger: "budget", odd: "Personal"})
    assert found[older] == "Budget"
    assert found[younger] == f"budget ({younger.hex[-6:]})"
    assert found[odd] == f"Personal ({odd.hex[-6:]})"
