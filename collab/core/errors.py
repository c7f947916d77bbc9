"""The one tree of errors that a service may raise.

Each carries a stable `code`, a message to translate and what the client needs to go on; web/problems.py alone
decides what they become on each door.
"""

from collections.abc import Mapping

from collab.core.i18n import Message, msg


class DomainError(Exception):
    """What went wrong, in a form that every door can answer with."""

    def __init__(
        self,
        code: str,
        message: Message,
        *,
        errors: Mapping[str, Message] | None = None,
        **extra: object,
    ) -> None:
        """`code`: `slice.reason`; `errors`: by field; `extra`: JSON values added to the problem document."""
        super().__init__(code)
        self.code = code
        self.message = message
        self.errors = dict(errors or {})
        self.extra = extra


class NotFound(DomainError):
    """No such thing, or none that this actor may know of."""

    def __init__(self, code: str = "not_found", message: Message | None = None) -> None:
        super().__init__(code, message or msg("This page or item does not exist, or is not shared with you."))


class Denied(DomainError):
    """The actor knows the thing and lacks the right."""

    def __init__(self, code: str = "denied", message: Message | None = None) -> None:
        super().__init__(code, message or msg("Your role here does not allow this."))


class Unauthenticated(DomainError):
    """Nobody is signed in, or what was shown as proof is not valid."""

    def __init__(self, code: str = "unauthenticated", message: Message | None = None) -> None:
        super().__init__(code, message or msg("Please sign in."))


class Conflict(DomainError):
    """The state of things does not allow it now."""


class StaleRevision(DomainError):
    """Somebody changed it meanwhile; `current` and `yours` are both versions, so that nothing is lost."""

    def __init__(self, current: object, yours: object, code: str = "stale_revision") -> None:
        super().__init__(
            code,
            msg("Somebody changed this meanwhile. Both versions are kept: choose what to keep."),
            current=current,
            yours=yours,
        )


class Invalid(DomainError):
    """The input cannot be accepted; `errors` says why, by field."""

    def __init__(
        self,
        code: str = "invalid",
        message: Message | None = None,
        errors: Mapping[str, Message] | None = None,
        **extra: object,
    ) -> None:
        super().__init__(code, message or msg("Some of what was sent cannot be accepted."), errors=errors, **extra)


class TooMany(DomainError):
    """Too many attempts; `retry_after` seconds from now it is worth trying again."""

    def __init__(self, retry_after: int, code: str = "too_many", message: Message | None = None) -> None:
        super().__init__(code, message or msg("Too many attempts. Please wait a moment."))
        self.retry_after = retry_after


class Unavailable(DomainError):
    """A part that this needs does not answer; nothing was changed."""
