"""What is said when a secret ballot ends."""

from uuid import UUID

from collab.core.events import Fact


class SecretBallotEnded(Fact):
    """A secret ballot has ended: its keys and what is left of its envelopes are to be destroyed."""

    ballot_id: UUID
