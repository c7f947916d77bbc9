"""A plan in words, line by line, for `ldap sync --dry-run`, the administration's page and whoever must confirm it."""

from collections.abc import Iterator

from collab.core.i18n import Message, msg, nmsg
from directory.ldap.mapping import ReadGroup, ReadUnit
from directory.ldap.sync import Changes, PersonChange, Plan

FIELDS = {
    "login": msg("login"),
    "given_name": msg("first name"),
    "family_name": msg("last name"),
    "display_name": msg("name"),
    "mail": msg("mail address"),
    "title": msg("job title"),
    "phone": msg("telephone"),
    "unit": msg("service"),
    "photo": msg("photo"),
}


def describe(plan: Plan) -> Iterator[Message]:
    """Every line: who comes, who changes and how, who leaves, services, groups, what was left out, what is doubtful."""
    if not plan:
        yield msg("Nothing to change.")
    for person in plan.added:
        yield msg("+ %(name)s (%(login)s)", name=person.details.display_name, login=person.details.login)
    for change in plan.changed:
        yield from _change(change)
    for known in plan.disabled:
        yield msg("- %(name)s (%(login)s) is disabled", name=known.details.display_name, login=known.details.login)
    if plan.kept is not None:
        yield msg(
            "! %(name)s (%(login)s) has left the directory but stays: they are the only administrator. "
            "Name another one.",
            name=plan.kept.details.display_name,
            login=plan.kept.details.login,
        )
    yield from _units(plan.units)
    yield from _groups(plan.groups)
    for entry in plan.skipped:
        yield msg("! %(entry)s is left out: %(reason)s", entry=entry.dn, reason=entry.reason)
    yield from summary(plan)
    yield from plan.doubts


def summary(plan: Plan) -> Iterator[Message]:
    """The numbers alone."""
    yield nmsg("%(count)s person added", "%(count)s people added", len(plan.added))
    yield nmsg("%(count)s person changed", "%(count)s people changed", len(plan.changed))
    yield nmsg("%(count)s person disabled", "%(count)s people disabled", len(plan.disabled))


def _change(change: PersonChange) -> Iterator[Message]:
    name, login = change.details.display_name, change.details.login
    if change.returns:
        yield msg("+ %(name)s (%(login)s) is back", name=name, login=login)
    for field in change.fields:
        if field in ("unit", "photo"):  # a key and a hash would tell nobody anything
            yield msg("~ %(name)s (%(login)s): another %(field)s", name=name, login=login, field=FIELDS[field])
        else:
            yield msg(
                "~ %(name)s (%(login)s): %(field)s %(before)s → %(after)s",
                name=name,
                login=login,
                field=FIELDS[field],
                before=getattr(change.known.details, field) or "∅",
                after=getattr(change.details, field) or "∅",
            )


def _units(changes: Changes[ReadUnit]) -> Iterator[Message]:
    for unit in changes.added:
        yield msg("+ service %(name)s", name=unit.name)
    for change in changes.changed:
        yield msg("~ service %(before)s → %(name)s", before=change.known.what.name, name=change.what.name)
    for known in changes.removed:
        yield msg("- service %(name)s", name=known.what.name)


def _groups(changes: Changes[ReadGroup]) -> Iterator[Message]:
    for group in changes.added:
        yield nmsg(
            "+ group %(name)s, %(count)s member",
            "+ group %(name)s, %(count)s members",
            len(group.members),
            name=group.name,
        )
    for change in changes.changed:
        before, after = change.known.what.members, change.what.members
        yield msg(
            "~ group %(name)s: +%(joined)s −%(left)s",
            name=change.what.name,
            joined=len(after - before),
            left=len(before - after),
        )
    for known in changes.removed:
        yield msg("- group %(name)s", name=known.what.name)
