"""What can go wrong between us and the authority's directory, as the one tree of errors.

Raised by client.py and the reading; answered by the doors like every other domain error. None of them ever carries a
password or a person's DN: `detail` is for the administrator and the log.
"""

from typing import TYPE_CHECKING

from collab.core.errors import Conflict, Unauthenticated, Unavailable
from collab.core.i18n import Message, msg

if TYPE_CHECKING:
    from directory.ldap.sync import Plan


class DirectoryTrouble(Unavailable):
    """The directory cannot be used now. `detail` says to an administrator what was seen."""

    code_of_kind = "directory.unavailable"

    def __init__(self, detail: str, message: Message | None = None) -> None:
        super().__init__(
            self.code_of_kind,
            message or msg("The directory of the authority does not answer. Please try again in a few minutes."),
        )
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}"


class DirectoryDown(DirectoryTrouble):
    """No configured server answers in time."""

    code_of_kind = "directory.down"


class CertificateRefused(DirectoryTrouble):
    """A server answered, but its certificate is not one that we trust for that name."""

    code_of_kind = "directory.certificate_refused"


class DirectoryRefused(DirectoryTrouble):
    """The directory refuses our own account, our filter or our base: the settings are wrong."""

    code_of_kind = "directory.refused"


class IncompleteRead(DirectoryTrouble):
    """The directory was not read to its end, so that nothing may be concluded from who is missing."""

    code_of_kind = "directory.incomplete_read"

    def __init__(self, detail: str, message: Message | None = None) -> None:
        super().__init__(
            detail,
            message or msg("The directory could not be read completely. Nothing was changed."),
        )


class EmptyAnswer(IncompleteRead):
    """The directory answered without a single person."""

    code_of_kind = "directory.empty_answer"


class ConfirmationNeeded(Conflict):
    """The synchronisation would take away more than it may without somebody looking at `plan` first."""

    def __init__(self, plan: "Plan") -> None:
        super().__init__(
            "directory.confirmation_needed",
            msg("The directory would take away a lot. Nothing was changed: look at the plan and confirm it."),
        )
        self.plan = plan


class BadCredentials(Unauthenticated):
    """No such login, or not its password: which of the two is nobody's business."""

    def __init__(self) -> None:
        super().__init__("sessions.bad_credentials", msg("This login or this password is not right."))


class AccountLocked(Unauthenticated):
    """The directory itself has locked or closed the account."""

    def __init__(self) -> None:
        super().__init__(
            "sessions.account_locked",
            msg("The directory has locked this account. Your IT department can unlock it."),
        )


class PasswordExpired(Unauthenticated):
    """The password is right, but the directory wants another one first."""

    def __init__(self) -> None:
        super().__init__(
            "sessions.password_expired",
            msg("Your password has expired. Change it where you usually do, then sign in here."),
        )
