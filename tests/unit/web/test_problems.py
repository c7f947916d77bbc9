"""The status of what nobody foresaw: a socket's message is acknowledged with it, as a request is answered."""

from http import HTTPStatus

from collab.core.errors import Denied, DomainError
from web.problems import UNEXPECTED, status_of


def test_what_nobody_foresaw_is_a_500_and_the_rest_has_its_own() -> None:
    assert status_of(DomainError("unexpected", UNEXPECTED)) is HTTPStatus.INTERNAL_SERVER_ERROR
    assert status_of(Denied()) is HTTPStatus.FORBIDDEN
