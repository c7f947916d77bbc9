"""docs/settings.md, made from the settings themselves (collab/core/settings.py).

`python -m web.settings_paper` writes it; with `check` it fails when the file is not what it would write.
"""

import sys
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from collab.core.settings import PREFIX, SHORT, Section, Settings

TARGET = Path(__file__).resolve().parents[1] / "docs/settings.md"

HEADER = """# Settings

Made by `python -m web.settings_paper` from `collab/core/settings.py`. Do not edit.

They are read once, at the start: first the TOML file that `HEMICYCLE_CONFIG` or `--config` names, then the variables
over it. A name that does not exist is refused, with the one that was probably meant. A variable with `_FILE` behind its
name gives the path of a file that holds the value: the place for secrets. Lists are written with commas in a variable.
[Installing](install.md) shows those that a server needs.
"""

WORDS = {str: "text", int: "number", float: "number", bool: "true or false", Path: "path", SecretStr: "text, secret"}


def generate() -> str:
    """The whole paper."""
    return HEADER + "".join(_section(name, field) for name, field in Settings.model_fields.items())


def _section(name: str, field: FieldInfo) -> str:
    section = field.annotation
    assert isinstance(section, type) and issubclass(section, Section)
    lines = [
        f"\n## [{name}]\n",
        f"{section.__doc__}\n",
        "| Name | Variable | Value | Default | |",
        "|---|---|---|---|---|",
    ]
    for key, one in section.model_fields.items():
        short = next((variable for variable, place in SHORT.items() if place == (name, key)), None)
        variable = short or f"{PREFIX}{name}_{key}".upper()
        cells = [f"`{key}`", f"`{variable}`", _kind(one), _default(one), one.description or ""]
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(lines) + "\n"


def _kind(field: FieldInfo) -> str:
    return _type(field.annotation) + _bounds(field)


def _type(kind: Any) -> str:
    origin = get_origin(kind)
    if origin is Annotated:
        return _type(get_args(kind)[0])
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in get_args(kind))
    if origin is list:
        return f"list of {_type(get_args(kind)[0])}s"
    if origin is dict:
        return "table of texts"
    if origin in (Union, UnionType):
        return " or ".join(_type(part) for part in get_args(kind) if part is not type(None))
    return WORDS[kind]


def _bounds(field: FieldInfo) -> str:
    found = {
        sign: limit
        for bound in field.metadata
        for sign, limit in (
            ("from", getattr(bound, "ge", None)),
            ("above", getattr(bound, "gt", None)),
            ("to", getattr(bound, "le", None)),
        )
        if limit is not None
    }
    return "".join(f" {sign} {limit}" for sign, limit in found.items())


def _default(field: FieldInfo) -> str:
    value = field.get_default(call_default_factory=True)
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if value in (None, "", [], {}):
        return ""
    if isinstance(value, list):
        value = ", ".join(value)
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def main(arguments: list[str]) -> int:
    """Write the paper, or compare with it."""
    made = generate()
    if arguments == ["check"]:
        if not TARGET.exists() or TARGET.read_text("utf-8") != made:
            print("docs/settings.md is stale: run `python -m web.settings_paper`")  # noqa: T201 # a command
            return 1
        return 0
    TARGET.write_text(made, "utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
