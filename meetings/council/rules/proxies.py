"""Proxies (pouvoirs): who may hold which, for how long, and how many votes each has on an item (CGCT L2121-20).

They count for votes and for the closed session, never for the quorum nor for requests of a special ballot (rule P2).
"""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import TypeVar

from collab.core.i18n import msg, nmsg
from meetings.council.rules.entries import (
    CCAS,
    COMMISSIONS,
    CST,
    DEPARTEMENTS,
    MUNICIPAL,
    REGIONS,
    Assembly,
    Entry,
    Finding,
    find,
    no_rule,
    refused,
)

M = TypeVar("M", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Limits:
    """How many proxies one holds, and for how many sessions in a row one document holds (more with an illness that is
    certified, where `longer_when_ill`)."""

    held: int = 1
    sessions: int = 1
    longer_when_ill: bool = False
    without_substitute: bool = False


LIMITS: Sequence[Entry[Limits]] = (
    Entry(Limits(sessions=3, longer_when_ill=True), "CGCT L2121-20", MUNICIPAL),
    Entry(Limits(), "CGCT L3121-16", DEPARTEMENTS),
    Entry(Limits(), "CGCT L4132-15", REGIONS),
    Entry(Limits(), "CGCT L3121-16, L4132-15", COMMISSIONS, certain=False),
    Entry(Limits(), "CASF R123-17", CCAS),
    Entry(Limits(without_substitute=True), "CGFP R254-64", CST),
)


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy as it is handed in. `held`: how many others the holder has for the session; `session`: which one of the
    document it is, from 1; `gave_own`: the holder has given a proxy to somebody."""

    signed: bool = True
    holder_is_member: bool = True
    held: int = 0
    session: int = 1
    is_ill: bool = False
    gave_own: bool = False
    to_oneself: bool = False
    has_substitute: bool = False


def check_proxy(assembly: Assembly, proxy: Proxy, on: date) -> list[Finding]:
    """What is wrong with a proxy (CGCT L2121-20, L3121-16; rule P1); empty when it may be entered."""
    entry = find(LIMITS, assembly, on)
    if entry is None:
        raise no_rule("assembly")
    limits = entry.value
    long = proxy.session > limits.sessions and not (limits.longer_when_ill and proxy.is_ill)
    faults = (
        (not proxy.signed, msg("The proxy is not written and signed.")),
        (not proxy.holder_is_member or proxy.to_oneself, msg("The holder must be another member of the assembly.")),
        (
            proxy.held >= limits.held,
            nmsg("One holds %(count)s proxy at most.", "One holds %(count)s proxies at most.", limits.held),
        ),
        (
            long,
            nmsg(
                "One document holds for %(count)s session at most.",
                "One document holds for %(count)s sessions in a row at most.",
                limits.sessions,
            ),
        ),
        (proxy.gave_own, msg("Who has given a proxy holds none.")),
        (
            limits.without_substitute and proxy.has_substitute,
            msg("A proxy is given only where no substitute can sit."),
        ),
    )
    return [refused(entry, words) for is_fault, words in faults if is_fault]


class Ended(StrEnum):
    """Why a proxy is over."""

    REVOKED = "revoked"
    GIVER_ARRIVED = "giver_arrived"
    HOLDER_LEFT = "holder_left"


def end_of(*, revoked: bool, giver_present: bool, holder_present: bool) -> Ended | None:
    """Whether a proxy ends now: taken back, the giver is there, or the holder is not (CGCT L2121-20, rule P2).

    A withdrawal for a conflict of interest ends nothing: it suspends the votes of that item (`votes_of`).
    """
    if revoked:
        return Ended.REVOKED
    if giver_present:
        return Ended.GIVER_ARRIVED
    return None if holder_present else Ended.HOLDER_LEFT


def votes_of(present: Collection[M], proxies: Mapping[M, M], withdrawn: Collection[M] = ()) -> dict[M, int]:
    """How many votes each person there has on an item: their own and the one they hold (rules P1, P2 and Q5).

    `proxies`: giver → holder. One of somebody who is there, or who withdraws, does not count; whoever withdraws has no
    vote, neither their own nor one that they hold.
    """
    aside, there = set(withdrawn), set(present)
    votes = {who: 0 if who in aside else 1 for who in present}
    held: set[M] = set()
    for giver, holder in proxies.items():
        if holder in votes and holder not in aside and giver not in there and giver not in aside and holder not in held:
            votes[holder] += 1
            held.add(holder)
    return votes
