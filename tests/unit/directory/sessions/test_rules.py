"""Throttling, lifetimes, what is owed, names of devices."""

from datetime import UTC, datetime, timedelta

import pytest

from directory.sessions.models import Owes
from directory.sessions.rules import (
    ACCOUNT,
    ADDRESS,
    PENDING,
    Policy,
    account_of,
    device_of,
    is_alive,
    network_of,
    owed,
    wait_for,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
POLICY = Policy(idle=timedelta(days=7), absolute=timedelta(days=30))


@pytest.mark.parametrize(
    ("level", "seconds"), [(0, 0), (9, 0), (9.01, 30), (10, 30), (11, 60), (12, 120), (15, 900), (400, 900)]
)
def test_the_wait_doubles_up_to_its_cap(level: float, seconds: int) -> None:
    assert wait_for(ACCOUNT, level, NOW, NOW) == timedelta(seconds=seconds)


def test_thirty_failures_mean_nothing_to_an_address() -> None:
    assert wait_for(ADDRESS, 30, NOW, NOW) == timedelta()


@pytest.mark.parametrize(
    ("is_admin", "enrolled", "shown", "owes"),
    [
        (False, False, False, Owes.NOTHING),
        (True, False, False, Owes.ENROLMENT),
        (True, False, True, Owes.ENROLMENT),
        (False, True, False, Owes.CODE),
        (True, True, False, Owes.CODE),
        (True, True, True, Owes.NOTHING),
    ],
)
def test_what_is_owed(is_admin: bool, enrolled: bool, shown: bool, owes: Owes) -> None:
    assert owed(POLICY, is_admin=is_admin, enrolled=enrolled, shown=shown) is owes


def test_where_it_is_optional_an_administrator_owes_nothing_before_enrolling() -> None:
    lenient = Policy(POLICY.idle, POLICY.absolute, admin_factor=False)
    assert owed(lenient, is_admin=True, enrolled=False, shown=False) is Owes.NOTHING
    assert owed(lenient, is_admin=True, enrolled=True, shown=False) is Owes.CODE


def alive(*, created: timedelta, seen: timedelta, pending: bool = False) -> bool:
    begun = NOW - created
    return is_alive(POLICY, created=begun, seen=NOW - seen, expires=begun + POLICY.absolute, pending=pending, now=NOW)


def test_a_session_ends_by_itself() -> None:
    assert alive(created=timedelta(days=29), seen=timedelta(days=6))
    assert not alive(created=timedelta(days=29), seen=timedelta(days=7))
    assert not alive(created=timedelta(days=30), seen=timedelta())
    assert alive(created=PENDING - timedelta(seconds=1), seen=timedelta(), pending=True)
    assert not alive(created=PENDING, seen=timedelta(), pending=True)


@pytest.mark.parametrize(
    ("agent", "device"),
    [
        ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox, Linux"),
        ("Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/156.0 Safari/537.36 Edg/156.0", "Edge, Windows"),
        ("Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) AppleWebKit/605.1 Version/18 Safari/604.1", "Safari, iOS"),
        ("Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 Chrome/156.0 Mobile Safari/537.36", "Chrome, Android"),
        ("curl/8.5.0", ""),
    ],
)
def test_a_device_is_named_without_its_versions(agent: str, device: str) -> None:
    assert device_of(agent) == device


@pytest.mark.parametrize("typed", ["rene.dupont", "RENE.Dupont", "René.Dupont", "ｒｅｎｅ.dupont", "Rene\u0301.dupont"])
def test_a_login_is_one_account_however_it_is_written(typed: str) -> None:
    """A directory takes these for the same, so that guesses at one count for all."""
    assert account_of(typed) == "rene.dupont"


def test_spaces_in_a_login_count_once() -> None:
    assert account_of("  marie   curie ") == account_of("marie curie") != account_of("mariecurie")


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff:ffff:ffff:ffff", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
    ],
)
def test_one_host_with_ipv6_is_one_address(address: str, network: str) -> None:
    assert network_of(address) == network
