"""What `hemicycle check` says of the media port: both protocols are tried, and what is wrong is named."""

import socket
import sys

import pytest

from collab.core.settings import Settings, SettingsError, load
from meetings.media.planes import why_not_c
from tests.support.ports import free_media_port
from web.commands.check import PARTS, Failing

_media = PARTS["media"]


def settings(**values: str) -> Settings:
    return load(None, {f"HEMICYCLE_MEDIA_{name.upper()}": value for name, value in values.items()})


async def test_a_free_port_is_fit_on_udp_and_tcp() -> None:
    port = free_media_port()
    said = await _media(settings(port=str(port), host="127.0.0.1,::1"))
    assert said.startswith(f"UDP and TCP 127.0.0.1, ::1:{port}, data plane in ")


async def test_each_worker_has_a_port() -> None:
    port = free_media_port(3)
    said = await _media(settings(port=str(port), workers="3", plane="python"))
    assert said == f"UDP and TCP 127.0.0.1:{port}-{port + 2}, 3 workers, data plane in Python, as set"
    with socket.socket(type=socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", port + 2))
        assert f"UDP 127.0.0.1:{port + 2}, in use" in await _media(settings(port=str(port), workers="3"))


@pytest.mark.parametrize(("name", "kind"), [("UDP", socket.SOCK_DGRAM), ("TCP", socket.SOCK_STREAM)])
async def test_either_protocol_may_be_what_is_taken(name: str, kind: int) -> None:
    with socket.socket(type=kind) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind == socket.SOCK_STREAM:
            taken.listen()
        port = taken.getsockname()[1]
        assert f"{name} 127.0.0.1:{port}, in use" in await _media(settings(port=str(port)))


async def test_the_data_plane_in_use_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    port = str(free_media_port())
    assert (await _media(settings(port=port, plane="python"))).count("data plane in Python") == 1
    assert ("data plane in C" in await _media(settings(port=port))) == (why_not_c() is None)
    monkeypatch.setitem(sys.modules, "meetings.media._fanout", None)
    assert "it would be faster: not built" in await _media(settings(port=port))
    with pytest.raises(Failing, match="no data plane in C: not built"):
        await _media(settings(port=port, plane="c"))


async def test_what_cannot_work_fails() -> None:
    with pytest.raises(Failing, match=r"192.0.2.77:\d+ cannot be bound"):
        await _media(settings(host="192.0.2.77", port=str(free_media_port())))
    with pytest.raises(Failing, match="not known"):
        await _media(settings(announce="no.invalid", port=str(free_media_port())))


@pytest.mark.parametrize(
    ("name", "value"),
    [("host", "example.fr"), ("host", ""), ("announce", "http://x"), ("announce", "a:99999"), ("turn_urls", "stun:x"),
     ("turn_urls", "turn:x:3478"), ("workers", "-1"), ("workers", "many")],
)  # fmt: skip
def test_settings_that_mean_nothing_are_refused_at_the_start(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match="media"):
        settings(**{name: value})


def test_workers_need_ports() -> None:
    with pytest.raises(SettingsError, match="not enough ports"):
        settings(port="65535", workers="2")


def test_turn_servers_and_their_secret() -> None:
    found = settings(turn_urls="turn:turn.example:3478,turns:turn.example:443?transport=tcp", turn_secret="s").media
    assert len(found.turn_urls) == 2
    assert found.turn_secret.get_secret_value() == "s"
