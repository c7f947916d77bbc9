"""Credentials of TURN servers: as the draft makes them, ended by the clock, and silent about the person."""

from datetime import UTC, datetime

from meetings.rooms.turn import LIFETIME, Turn

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
# echo -n 1795597200:anna | openssl dgst -binary -sha1 -hmac north | openssl base64
MADE = "xk/m+0DPijqEJSe9L4llxJHbRws="


def test_without_servers_nothing_is_given() -> None:
    assert Turn().servers("anna", NOW) == []


def test_the_name_ends_and_the_password_is_the_one_that_coturn_computes() -> None:
    (server,) = Turn(("turn:a:3478", "turns:b:443?transport=tcp"), "north").servers("anna", NOW)
    assert server.urls == ["turn:a:3478", "turns:b:443?transport=tcp"]
    assert server.username == f"{int((NOW + LIFETIME).timestamp())}:anna"
    assert server.credential == MADE


def test_the_secret_shows_nowhere() -> None:
    turn = Turn(("turn:a:3478",), "north")
    assert "north" not in repr(turn)
    assert "north" not in turn.servers("anna", NOW)[0].model_dump_json()
