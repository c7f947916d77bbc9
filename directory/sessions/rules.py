"""What signing in is decided by, without I/O: throttling, lifetimes, what is owed, the name of a device.

Failures fill a bucket that drains with time; a full one makes the next attempt wait, longer each time. The account's
bucket is small; an address may stand for a whole town hall, and its own is so large that only spraying fills it.
"""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address, ip_network

from collab.core.text import sort_key
from directory.sessions.models import Owes


@dataclass(frozen=True, slots=True)
class Throttle:
    """`free` failures cost nothing; each one after it doubles the wait from `first` up to `cap`.

    `drain`: the time in which one failure is forgotten.
    """

    free: int
    first: timedelta
    cap: timedelta
    drain: timedelta


ACCOUNT = Throttle(10, timedelta(seconds=30), timedelta(minutes=15), timedelta(minutes=15))
FACTOR = Throttle(5, timedelta(seconds=30), timedelta(minutes=15), timedelta(minutes=15))
ADDRESS = Throttle(300, timedelta(seconds=5), timedelta(minutes=1), timedelta(seconds=10))


def account_of(login: str) -> str:
    """One name for every way of writing a login that a directory takes for the same (RFC 4518, and accents in AD).

    Otherwise each way of writing it would have guesses of its own.
    """
    return " ".join(sort_key(login).split())


def network_of(address: str) -> str:
    """Whose address it is: one host with IPv6 has the whole /64 (RFC 4291, 2.5.1)."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return str(parsed)
    return str(parsed.ipv4_mapped or ip_network((int(parsed) >> 64 << 64, 64)))


PENDING = timedelta(minutes=15)
SEEN_EVERY = timedelta(minutes=5)
RESET_LINK = timedelta(hours=48)


def level_at(throttle: Throttle, level: float, at: datetime, now: datetime) -> float:
    """What is left at `now` of a bucket that was filled to `level` at `at`."""
    return max(0.0, level - max(timedelta(), now - at) / throttle.drain)


def wait_for(throttle: Throttle, level: float, at: datetime, now: datetime) -> timedelta:
    """How long from `now` until the next attempt is heard, when the last one filled the bucket to `level` at `at`."""
    failures = math.ceil(level)  # one that has begun to drain still counts
    if failures < throttle.free:
        return timedelta()
    doublings = min(failures - throttle.free, 32)
    pause = min(throttle.cap, throttle.first * (1 << doublings))
    return max(timedelta(), at + pause - now)


def empty_at(throttle: Throttle, level: float, at: datetime) -> datetime:
    """When the bucket says nothing any more and may be thrown away."""
    return at + throttle.drain * level


@dataclass(frozen=True, slots=True)
class Policy:
    """How long a sign-in lasts, and whether administrators need a second factor."""

    idle: timedelta
    absolute: timedelta
    admin_factor: bool = True


def owed(policy: Policy, *, is_admin: bool, enrolled: bool, shown: bool) -> Owes:
    """What a session still owes. `enrolled`: the person has a second factor; `shown`: the session has shown it."""
    if enrolled:
        return Owes.NOTHING if shown else Owes.CODE
    return Owes.ENROLMENT if is_admin and policy.admin_factor else Owes.NOTHING


def is_alive(
    policy: Policy, *, created: datetime, seen: datetime, expires: datetime, pending: bool, now: datetime
) -> bool:
    """Whether a session still counts: not over, used lately, and not waiting for its second factor for long."""
    if pending and now >= created + PENDING:
        return False
    return now < expires and now < seen + policy.idle


_SYSTEMS = (
    ("Android", "Android"),
    ("iPhone", "iOS"),
    ("iPad", "iOS"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Mac OS", "macOS"),
    ("Linux", "Linux"),
)
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)


def device_of(user_agent: str) -> str:
    """« Firefox, Windows »: enough to recognise one's own, too little to follow anybody. Empty when unknown."""
    found = [next((name for sign, name in signs if sign in user_agent), "") for signs in (_BROWSERS, _SYSTEMS)]
    return ", ".join(name for name in found if name)
