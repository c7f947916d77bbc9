"""The sections of one's own settings, in order; a slice that brings one adds its line."""

from collections.abc import Sequence

from collab.core.i18n import Message, msg

SECTIONS: Sequence[tuple[str, Message]] = (
    ("/settings", msg("Display")),
    ("/settings/notifications", msg("What I am told")),
    ("/settings/password", msg("Password")),
    ("/settings/second-factor", msg("Second factor")),
    ("/settings/sessions", msg("Sessions")),
    ("/settings/tokens", msg("API tokens")),
    ("/settings/application-passwords", msg("Application passwords")),
)
