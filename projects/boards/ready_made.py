"""Ready-made boards for what local authorities do again and again, in the language of whoever makes one. Pure."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from collab.core.i18n import Message, msg
from projects.boards.blueprints import Blueprint, CardPlan, ColumnPlan, FieldPlan, LabelPlan, ListPlan, NamedCard
from projects.boards.kinds import FieldKind

Render = Callable[[Message], str]


class ReadyMade(NamedTuple):
    """A board that is ready to be made: what it is called, what it is for."""

    title: str
    about: str
    blueprint: Blueprint


def ready_made(render: Render) -> Mapping[str, ReadyMade]:
    """All of them, by their names in addresses."""
    return {"project": _project(render), "case": _case(render), "event": _event(render)}


def _columns(render: Render, *titles: Message) -> list[ColumnPlan]:
    """Columns, in the last of which the cards are finished."""
    return [ColumnPlan(title=render(title), done=title is titles[-1]) for title in titles]


def _named(render: Render, **names: tuple[Message, str]) -> list[LabelPlan]:
    return [LabelPlan(key=key, name=render(name), colour=colour) for key, (name, colour) in names.items()]


def _card(render: Render, name: Message, title: Message, checklist: Message, *tasks: Message) -> NamedCard:
    listed = ListPlan(title=render(checklist), tasks=[render(task) for task in tasks])
    return NamedCard(name=render(name), card=CardPlan(title=render(title), checklists=[listed]))


def _project(render: Render) -> ReadyMade:
    importance = _named(
        render,
        high=(msg("Top priority"), "red"),
        normal=(msg("Usual priority"), "blue"),
        low=(msg("Lower priority"), "grey"),
    )
    return ReadyMade(
        render(msg("Following a project")),
        render(msg("Actions from the first idea to their evaluation, with whoever leads them and what they cost.")),
        Blueprint(
            columns=_columns(
                render,
                msg("Ideas"),
                msg("To do"),
                msg("In progress"),
                msg("Waiting for a decision"),
                msg("Finished"),
            ),
            labels=_named(
                render,
                council=(msg("For the council"), "violet"),
                budget=(msg("Budget"), "teal"),
                works=(msg("Works"), "orange"),
                communication=(msg("Communication"), "green"),
            ),
            fields=[
                FieldPlan(
                    key="importance",
                    title=render(msg("Priority")),
                    kind=FieldKind.CHOICE,
                    shown=True,
                    choices=importance,
                ),
                FieldPlan(key="lead", title=render(msg("Elected member in charge")), kind=FieldKind.PERSON),
                FieldPlan(key="cost", title=render(msg("Cost in euros")), kind=FieldKind.NUMBER),
            ],
            templates=[
                _card(
                    render,
                    msg("Action"),
                    msg("New action"),
                    msg("Before it begins"),
                    msg("Say what is expected of it"),
                    msg("Ask for estimates"),
                    msg("Check that the budget has the money"),
                    msg("Tell the services concerned"),
                )
            ],
        ),
    )


def _case(render: Render) -> ReadyMade:
    opinions = _named(
        render,
        favourable=(msg("Favourable"), "green"),
        reserved=(msg("Favourable with reservations"), "teal"),
        unfavourable=(msg("Unfavourable"), "red"),
    )
    return ReadyMade(
        render(msg("Handling of files")),
        render(msg("Requests that are received, completed, examined and decided: permits, grants, use of the street.")),
        Blueprint(
            columns=_columns(
                render,
                msg("Received"),
                msg("Papers missing"),
                msg("Under examination"),
                msg("Opinions asked for"),
                msg("To be signed"),
                msg("Notified"),
            ),
            labels=_named(
                render,
                planning=(msg("Planning"), "blue"),
                grant=(msg("Grant"), "violet"),
                street=(msg("Public space"), "orange"),
                urgent=(msg("Pressing"), "red"),
            ),
            fields=[
                FieldPlan(key="number", title=render(msg("File number")), kind=FieldKind.TEXT, shown=True),
                FieldPlan(key="applicant", title=render(msg("Applicant")), kind=FieldKind.TEXT),
                FieldPlan(key="received", title=render(msg("Date of receipt")), kind=FieldKind.DATE),
                FieldPlan(key="officer", title=render(msg("Case officer")), kind=FieldKind.PERSON, shown=True),
                FieldPlan(key="opinion", title=render(msg("Opinion")), kind=FieldKind.CHOICE, choices=opinions),
            ],
            templates=[
                _card(
                    render,
                    msg("File to be handled"),
                    msg("New file"),
                    msg("Steps"),
                    msg("Acknowledge receipt"),
                    msg("Check that the file is complete"),
                    msg("Ask the services for their opinions"),
                    msg("Draft the decision"),
                    msg("Have the decision signed"),
                    msg("Notify the applicant"),
                )
            ],
        ),
    )


def _event(render: Render) -> ReadyMade:
    safety = _card(
        render,
        msg("Safety file"),
        msg("Safety file"),
        msg("Papers"),
        msg("Plan of the site"),
        msg("Opinion of the fire service"),
        msg("Certificate of insurance"),
        msg("Order on traffic and parking"),
        msg("First aid post"),
    )
    supplier = _card(
        render,
        msg("Supplier"),
        msg("New supplier"),
        msg("With the supplier"),
        msg("Ask for estimates"),
        msg("Sign the order"),
        msg("Agree on the delivery"),
        msg("Check the invoice"),
    )
    return ReadyMade(
        render(msg("Preparing an event")),
        render(msg("A feast, a market, a ceremony: what has to be ready, by when, and with whom.")),
        Blueprint(
            columns=_columns(render, msg("To plan"), msg("To do"), msg("In progress"), msg("Ready")),
            labels=_named(
                render,
                logistics=(msg("Logistics"), "orange"),
                safety=(msg("Safety"), "red"),
                communication=(msg("Communication"), "green"),
                partners=(msg("Partners"), "blue"),
            ),
            fields=[
                FieldPlan(key="place", title=render(msg("Place")), kind=FieldKind.TEXT, shown=True),
                FieldPlan(key="lead", title=render(msg("Contact")), kind=FieldKind.PERSON),
                FieldPlan(key="cost", title=render(msg("Cost in euros")), kind=FieldKind.NUMBER),
            ],
            templates=[safety, supplier],
        ),
    )
