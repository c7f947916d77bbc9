"""What the pages of sittings call states, kinds of items and mails."""

from typing import Any

from collab.core.i18n import Message, msg
from collab.core.jobs import JobState
from meetings.council.rules.delays import Reason
from meetings.council.rules.remote import Item as ItemKind
from meetings.council.sittings.models import SittingState

STATES: dict[SittingState, Message] = {
    SittingState.DRAFT: msg("In preparation"),
    SittingState.CONVENED: msg("Convened"),
    SittingState.OPEN: msg("In session"),
    SittingState.SUSPENDED: msg("Suspended"),
    SittingState.CLOSED: msg("Held"),
    SittingState.CANCELLED: msg("Cancelled"),
}
STATE_KINDS = {
    "draft": "",
    "convened": "info",
    "open": "success",
    "suspended": "warning",
    "closed": "",
    "cancelled": "danger",
}
ITEM_KINDS: dict[ItemKind, Message] = {
    ItemKind.DELIBERATION: msg("Deliberation"),
    ItemKind.INFORMATION: msg("Information, without vote"),
    ItemKind.BUDGET: msg("Budget"),
    ItemKind.ACCOUNTS: msg("Accounts"),
    ItemKind.APPOINTMENT: msg("Appointment"),
    ItemKind.PRESIDENT_ELECTION: msg("Election of the mayor or president"),
    ItemKind.BUREAU_ELECTION: msg("Election of deputies or of the bureau"),
    ItemKind.DELEGATES_ELECTION: msg("Election of delegates"),
    ItemKind.ORAL_QUESTION: msg("Oral question, without vote"),
    ItemKind.MISCELLANEOUS: msg("Miscellaneous questions, without vote"),
}
REASONS: dict[str, Message] = {
    "": msg("An ordinary sitting"),
    Reason.FIRST_SITTING: msg("The first one after the general renewal"),
    Reason.NO_QUORUM: msg("Again, after a lack of quorum"),
}
MAILS: dict[JobState, Message] = {
    JobState.WAITING: msg("Waiting to leave"),
    JobState.RUNNING: msg("Leaving"),
    JobState.DONE: msg("Sent"),
    JobState.FAILED: msg("Refused"),
}
WORDS: dict[str, Any] = {
    "states": STATES,
    "state_kinds": STATE_KINDS,
    "item_kinds": ITEM_KINDS,
    "reasons": REASONS,
    "mails": MAILS,
}
