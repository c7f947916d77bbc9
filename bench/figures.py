"""A measured figure beside its target, and the table of them in bench/README.md."""

import platform
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

README = Path(__file__).with_name("README.md")


@dataclass(frozen=True, slots=True)
class Figure:
    """`target` is the highest value that is good enough, in the same `unit`; None: for information."""

    name: str
    value: float
    unit: str
    target: float | None = None

    @property
    def reached(self) -> bool:
        return self.target is None or self.value <= self.target

    def row(self) -> str:
        """The figure as a row of a Markdown table."""
        target = "" if self.target is None else f"{self.target:g} {self.unit}"
        verdict = "" if self.target is None else ("yes" if self.reached else "**no**")
        return f"| {self.name} | {self.value:.4g} {self.unit} | {target} | {verdict} |"


def table(figures: Iterable[Figure]) -> str:
    """All of it as Markdown."""
    return "\n".join(["| | measured | target | reached |", "|---|---|---|---|", *(figure.row() for figure in figures)])


def read(section: str) -> str:
    """What stands between the marks of `section` in the README."""
    found = re.search(rf"<!-- {section} -->\n(.*?)<!-- /{section} -->", README.read_text(), flags=re.DOTALL)
    return found[1] if found is not None else ""


def write(section: str, body: str) -> None:
    """Put `body`, dated, between the marks of `section` in the README."""
    machine = f"{datetime.now(UTC):%Y-%m-%d}, Python {platform.python_version()}, Linux {platform.release()}"
    new = f"<!-- {section} -->\n{machine}\n\n{body}\n<!-- /{section} -->"
    text, found = re.subn(
        rf"<!-- {section} -->.*?<!-- /{section} -->", lambda _: new, README.read_text(), flags=re.DOTALL
    )
    if found != 1:
        raise RuntimeError(f"{README} has no section {section}")
    README.write_text(text)
