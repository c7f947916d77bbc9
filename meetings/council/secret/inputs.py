"""A secret vote as it comes in."""

from typing import Annotated
from uuid import UUID

from pydantic import StringConstraints

from collab.core.text import Input


class SecretVoteInput(Input):
    """A vote. `sealed`: the option's two characters, RSA-OAEP (SHA-256) under the ballot's key, in Base64, closed on
    the voter's device; or `option`, in the open, from a browser without scripts. `member_id`: whom one represents."""

    sealed: Annotated[str, StringConstraints(max_length=1024)] | None = None
    option: Annotated[str, StringConstraints(pattern=r"^[0-9]{2}$")] | None = None
    member_id: UUID | None = None
