"""What happens to assemblies."""

from uuid import UUID

from collab.core.events import Fact


class AssemblyRolesChanged(Fact):
    """Somebody became or is no longer a member or a clerk: what they hear is weighed again."""

    assembly_id: UUID
