"""What papers call presence, ways to vote, directions and results."""

from collections.abc import Callable

from collab.core.i18n import Message, msg, nmsg
from meetings.council.minutes.record import Status

STATUSES: dict[Status, Message] = {
    Status.PRESENT: msg("In attendance"),
    Status.REPRESENTED: msg("By proxy"),
    Status.EXCUSED: msg("Sent apologies"),
    Status.ABSENT: msg("Not in attendance"),
}
# The same of one member.
STATUS: dict[Status, Message] = {
    Status.PRESENT: msg("Is in attendance"),
    Status.REPRESENTED: msg("By proxy"),
    Status.EXCUSED: msg("Sent their apologies"),
    Status.ABSENT: msg("Is not in attendance"),
}
METHODS: dict[str, Message] = {
    "hands": msg("Show of hands"),
    "roll_call": msg("Roll call"),
    "electronic": msg("Electronic ballot by name"),
}
MODES: dict[str, Message] = {
    "ordinary": msg("ordinary ballot"),
    "public": msg("public ballot"),
    "secret": msg("secret ballot"),
}
DIRECTIONS: dict[str, Message] = {"for": msg("For"), "against": msg("Against"), "abstained": msg("Abstention")}
# In this order; a figure of another name is told by that name.
FIGURES: dict[str, Callable[[int], Message]] = {
    "votes_for": lambda count: nmsg("%(count)s for", "%(count)s for", count),
    "votes_against": lambda count: nmsg("%(count)s against", "%(count)s against", count),
    "abstentions": lambda count: nmsg("%(count)s abstention", "%(count)s abstentions", count),
    "blank": lambda count: nmsg("%(count)s blank", "%(count)s blank", count),
    "null": lambda count: nmsg("%(count)s void", "%(count)s void", count),
}
SILENT_FIGURES = frozenset(("cast", "majority", "round", "voters", "expected", "received"))
RESULTS: dict[str, Message] = {
    "adopted": msg("Adopted"),
    "rejected": msg("Rejected"),
    "elected": msg("Elected"),
    "next_round": msg("No majority: another round follows"),
    "shared": msg("Seats shared"),
}
WITHDRAWALS: dict[str, Message] = {
    "personal": msg("personal interest, counted as absent"),
    "from_count": msg("represents the authority there, leaves the count (CGCT L1111-6)"),
}
CLOSED_ITEM = msg("Item dealt with in closed session")
