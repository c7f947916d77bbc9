"""The rows of the permission matrix that are the council’s: assemblies and their sittings, API and pages."""

from tests.http.matrix_rules import LATER, MANAGE, PUBLIC, READ, REV, RUN, SIGNED_IN, SIT, Row

ASSEMBLY = {
    "title": "Conseil municipal",
    "kind": "commune",
    "population": "12000",
    "seats": "33",
    "term_from": "2026-03-20",
}
SITTING = {"title": "Séance ordinaire", "starts_at": LATER, "place": "Salle du conseil"}
SITTING_FORM = {"title": "Séance ordinaire", "date": "2031-05-04", "time": "18:30", "place": "Salle du conseil"}
CONVENED = {"by": "$president"}
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
    "GET /api/v1/council/assemblies/{assembly}/sittings": Row(READ),
    "POST /api/v1/council/assemblies/{assembly}/sittings": Row(RUN, SITTING),
    "GET /api/v1/council/sittings/{sitting}": Row(READ),
    "PUT /api/v1/council/sittings/{sitting}": Row(RUN, SITTING, headers={**REV, "X-Wants": "$draft"}),
    "POST /api/v1/council/sittings/{sitting}/cancel": Row(RUN),
    "POST /api/v1/council/sittings/{sitting}/items": Row(RUN, {"title": "Budget"}),
    "PUT /api/v1/council/items/{item}": Row(RUN, {"title": "Budget"}, headers=REV),
    "DELETE /api/v1/council/items/{item}": Row(RUN),
    "PUT /api/v1/council/items/{item}/files/{file}": Row(RUN),
    "DELETE /api/v1/council/items/{item}/files/{file}": Row(RUN),
    "GET /api/v1/council/sittings/{sitting}/convocation": Row(RUN),
    "POST /api/v1/council/sittings/{sitting}/convocation": Row(RUN, CONVENED),
    "POST /api/v1/council/sittings/{sitting}/acknowledgement": Row(SIT),
    "GET /api/v1/council/sittings/{sitting}/live": Row(READ),
    "POST /api/v1/council/sittings/{sitting}/entries": Row(RUN, {"kind": "excused", "member_id": "$member"}),
    "POST /api/v1/council/sittings/{sitting}/ballots": Row(RUN, {"method": "hands"}),
    "PUT /api/v1/council/ballots/{ballot}/vote": Row(SIT, {"choice": "for"}),
    "POST /api/v1/council/ballots/{ballot}/close": Row(RUN, {}),
    "POST /api/v1/council/ballots/{ballot}/withdraw": Row(RUN),
    # Minutes
    "GET /api/v1/council/sittings/{held}/minutes": Row(READ),
    "PUT /api/v1/council/sittings/{held}/minutes/texts/{part}": Row(
        RUN, {"text": "Bonsoir."}, headers={"If-Match": '"0"'}
    ),
    "GET /api/v1/council/sittings/{held}/minutes/versions": Row(READ),
    "POST /api/v1/council/sittings/{held}/minutes/proposal": Row(RUN),
    "POST /api/v1/council/sittings/{held}/minutes/settlement": Row(RUN, {"sitting_id": "$later"}),
    "POST /api/v1/council/sittings/{held}/minutes/publication": Row(RUN),
    "POST /api/v1/council/sittings/{held}/deliberations/publication": Row(RUN),
    "POST /api/v1/council/sittings/{held}/acts/{act}/publication": Row(RUN),
    "GET /api/v1/council/sittings/{held}/documents": Row(READ),
    "GET /api/v1/council/sittings/{held}/documents/{document}/{format}": Row(READ),
    "GET /council/sittings/{held}/minutes": Row(READ),
    "GET /council/sittings/{held}/minutes/edit": Row(RUN),
    "POST /council/sittings/{held}/minutes/edit": Row(RUN, form={"part": "opening", "rev": "0", "text": "Bonsoir."}),
    "GET /council/sittings/{held}/minutes/versions": Row(READ),
    "POST /council/sittings/{held}/minutes/propose": Row(RUN),
    "POST /council/sittings/{held}/minutes/settle": Row(RUN, form={"sitting_id": "$later"}),
    "POST /council/sittings/{held}/minutes/publish": Row(RUN),
    "POST /council/sittings/{held}/deliberations/publish": Row(RUN),
    "POST /council/sittings/{held}/acts/{act}/publish": Row(RUN),
    # What everybody sees, the room's screen
    "GET /public/assemblies/{assembly}": Row(PUBLIC),
    "GET /public/sittings/{sitting}": Row(PUBLIC),
    "GET /public/sittings/{held}/documents/{document}/{format}": Row(PUBLIC),
    "POST /council/assemblies/{assembly}/public": Row(MANAGE),
    "POST /council/assemblies/{assembly}/public/close": Row(MANAGE),
    "GET /council/sittings/{sitting}/projector": Row(READ),
    # Pages
    "GET /council/assemblies/{assembly}/sittings/new": Row(RUN),
    "POST /council/assemblies/{assembly}/sittings/new": Row(RUN, form=SITTING_FORM),
    "GET /council/sittings/{sitting}": Row(READ),
    "GET /council/sittings/{sitting}/edit": Row(RUN),
    "POST /council/sittings/{sitting}/edit": Row(RUN, form={**SITTING_FORM, "rev": "1"}),
    "POST /council/sittings/{sitting}/cancel": Row(RUN),
    "POST /council/sittings/{sitting}/acknowledge": Row(SIT),
    "GET /council/sittings/{sitting}/convocation": Row(RUN),
    "POST /council/sittings/{sitting}/convocation": Row(RUN, form=CONVENED),
    "GET /council/sittings/{sitting}/items/new": Row(RUN),
    "POST /council/sittings/{sitting}/items/new": Row(RUN, form={"title": "Budget", "kind": "budget"}),
    "GET /council/items/{item}": Row(RUN),
    "POST /council/items/{item}": Row(RUN, form={"title": "Budget", "kind": "budget", "rev": "1"}),
    "POST /council/items/{item}/move": Row(RUN, form={"direction": "down"}),
    "POST /council/items/{item}/remove": Row(RUN),
    "POST /council/items/{item}/files": Row(RUN, form={"file": "$file"}),
    "POST /council/items/{item}/files/{file}/remove": Row(RUN),
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
    "GET /council/sittings/{sitting}/live": Row(READ),
    "POST /council/sittings/{sitting}/live": Row(RUN, form={"kind": "excused", "member_id": "$member"}),
    "POST /council/sittings/{sitting}/ballots": Row(RUN, form={"method": "hands"}),
    "POST /council/ballots/{ballot}/votes": Row(SIT, form={"choice": "for"}),
    "POST /council/ballots/{ballot}/close": Row(RUN, form={"votes_for": "0"}),
    "POST /council/ballots/{ballot}/withdraw": Row(RUN),
}
