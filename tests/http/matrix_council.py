"""The rows of the permission matrix that are the council’s: assemblies and their sittings, API and pages."""

from tests.http.matrix_rules import MANAGE, READ, REV, SIGNED_IN, Row

ASSEMBLY = {
    "title": "Conseil municipal",
    "kind": "commune",
    "population": "12000",
    "seats": "33",
    "term_from": "2026-03-20",
}
MANDATE = {"office": "member", "joined": "2026-03-20", "place": "3"}

COUNCIL: dict[str, Row] = {
    "GET /api/v1/council/assemblies": Row(SIGNED_IN),
    "GET /api/v1/spaces/{space}/assemblies": Row(READ),
    "POST /api/v1/spaces/{space}/assemblies": Row(MANAGE, {**ASSEMBLY, "population": 12000, "seats": 33}),
    "GET /api/v1/council/assemblies/{assembly}": Row(READ),
    "PUT /api/v1/council/assemblies/{assembly}": Row(
        MANAGE, {**ASSEMBLY, "population": 12000, "seats": 33}, headers=REV
    ),
    "POST /api/v1/council/assemblies/{assembly}/members": Row(MANAGE, {"person_id": "$person", "joined": "2026-03-20"}),
    "PUT /api/v1/council/members/{member}": Row(MANAGE, {**MANDATE, "place": 3}, headers=REV),
    "POST /api/v1/council/assemblies/{assembly}/clerks": Row(MANAGE, {"person_id": "$person"}),
    "DELETE /api/v1/council/assemblies/{assembly}/clerks/{person}": Row(MANAGE),
    # Pages
    "GET /council/assemblies/new": Row(SIGNED_IN),
    "POST /council/assemblies/new": Row(MANAGE, form={**ASSEMBLY, "space": "$space"}),
    "GET /council/assemblies/{assembly}": Row(READ),
    "GET /council/assemblies/{assembly}/edit": Row(MANAGE),
    "POST /council/assemblies/{assembly}/edit": Row(MANAGE, form={**ASSEMBLY, "rev": "1"}),
    "GET /council/assemblies/{assembly}/members/new": Row(MANAGE, query={"person": "$person"}),
    "POST /council/assemblies/{assembly}/members/new": Row(
        MANAGE, form={"person_id": "$person", "office": "member", "channel": "mail", "joined": "2026-03-20"}
    ),
    "GET /council/members/{member}": Row(MANAGE),
    "POST /council/members/{member}": Row(MANAGE, form={**MANDATE, "channel": "mail", "rev": "1"}),
    "POST /council/assemblies/{assembly}/clerks": Row(MANAGE, form={"person_id": "$person"}),
    "POST /council/assemblies/{assembly}/clerks/{person}/remove": Row(MANAGE),
}
