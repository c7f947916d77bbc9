"""What happens to the tree of services."""

from collab.core.events import Fact


class BelongingChanged(Fact):
    """Somebody works in another service now, or a service has another place in the tree: gates recheck who may stay."""
