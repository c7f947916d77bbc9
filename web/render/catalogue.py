"""The texts of the product: found in the code, translated in `web/locale/<language>/*.po`, compiled for both sides.

English texts in the code are the source of truth. `hatch_build.py` compiles the catalogues through this module (which
therefore imports nothing of ours), and `python -m web.render.catalogue check` tells which French text is missing,
stale or badly spaced; `missing` prints the missing ones as the lines of a .po file.
"""

import ast
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES = ("fr", "en")
SOURCE_LANGUAGE = "en"

PYTHON_PACKAGES = ("collab", "directory", "meetings", "projects", "web")
PYTHON_KEYWORDS = {"gettext": None, "ngettext": (1, 2), "msg": None, "nmsg": (1, 2)}
TEMPLATE_KEYWORDS = {"gettext": None, "ngettext": (1, 2), "_": None}

_LITERAL = r'"((?:[^"\\\n]|\\.)*)"'
_TYPESCRIPT_CALL = re.compile(rf"(?<![\w.$])(?:t\(\s*{_LITERAL}|tn\(\s*{_LITERAL}\s*,\s*{_LITERAL})")
_PLACEHOLDER = re.compile(r"%\((\w+)\)[sd]")
_MARKUP = re.compile(r"<[^>]*>|&\w+;")
# French sets a non-breaking space before these marks and inside guillemets.
_BREAKING_SPACE = re.compile(r"« | [»:;?!]")
_NO_SPACE = re.compile(r"[\w)’][;?!](?=\s|$)|«(?![\u00a0\u202f])|(?<![\u00a0\u202f])»")


@dataclass(frozen=True, slots=True)
class Text:
    """A text of the code: its English form and, where it counts something, its plural."""

    singular: str
    plural: str | None = None


@dataclass(slots=True)
class Found:
    """Where the texts of the code stand (`path:line`), and which of them the browser needs."""

    places: dict[Text, list[str]] = field(default_factory=dict)
    browser: set[Text] = field(default_factory=set)

    def add(self, text: Text, place: str) -> None:
        if text.singular:
            self.places.setdefault(text, []).append(place)


def typescript_texts(source: str) -> Iterator[tuple[int, Text]]:
    """Line and text of each `t("…")` and `tn("…", "…", n)`; eslint keeps these arguments literal."""
    for match in _TYPESCRIPT_CALL.finditer(source):
        single, one, many = (ast.literal_eval(f'"{part}"') if part else None for part in match.groups())
        text = Text(single) if single else Text(one or "", many)
        yield source.count("\n", 0, match.start()) + 1, text


def browser_texts(root: Path) -> Found:
    """The texts of the TypeScript client."""
    found = Found()
    for path in sorted((root / "web/client/src").rglob("*.ts")):
        for line, text in typescript_texts(path.read_text("utf-8")):
            found.add(text, f"{path.relative_to(root)}:{line}")
            found.browser.add(text)
    return found


def all_texts(root: Path) -> Found:
    """The texts of the whole code: Python, templates and client."""
    found = browser_texts(root)
    sources = [
        (path, "python", PYTHON_KEYWORDS)
        for package in PYTHON_PACKAGES
        for path in sorted((root / package).rglob("*.py"))
    ] + [
        (path, "jinja2.ext:babel_extract", TEMPLATE_KEYWORDS)
        for path in sorted((root / "web/templates").rglob("*.*"))
        if path.suffix in {".html", ".txt"}
    ]
    for path, method, keywords in sources:
        options = {"trimmed": "true", "silent": "false"} if "jinja2" in method else {}
        for line, message, _comments, _context in extract_from_file(method, path, keywords=keywords, options=options):
            text = Text(message) if isinstance(message, str) else Text(message[0], message[1])
            found.add(text, f"{path.relative_to(root)}:{line}")
    return found


def read_catalogue(root: Path, language: str) -> tuple[Catalog, list[str]]:
    """One catalogue of all .po files of a language, and the texts that two of them translate differently."""
    merged = Catalog(locale=language, domain="messages")
    conflicts = []
    for path in sorted((root / "web/locale" / language).glob("*.po")):
        with path.open("rb") as file:
            catalogue = read_po(file, locale=language, abort_invalid=True)
        for message in catalogue:
            if not message.id:
                continue
            before = merged.get(_singular(message))
            if before is not None and before.string != message.string:
                conflicts.append(f"{path.relative_to(root)}: {_singular(message)!r} is translated twice")
            merged[message.id] = Message(message.id, message.string, flags=message.flags, locations=[(path.name, 1)])
    return merged, conflicts


def compile_catalogues(root: Path, static: Path) -> dict[str, Path]:
    """Write `messages.mo` beside the .po files and one JSON file per language into `static`, returned by language.

    The JSON holds `{singular: "text"}` and `{singular: ["one", "many"]}` for the texts of the client only.
    """
    written = {}
    for language in LANGUAGES:
        if language == SOURCE_LANGUAGE:
            continue
        catalogue, _conflicts = read_catalogue(root, language)
        with (root / "web/locale" / language / "messages.mo").open("wb") as file:
            write_mo(file, catalogue)
        strings = {}
        for text in sorted(browser_texts(root).browser, key=lambda text: text.singular):
            message = catalogue.get(text.singular)
            if message is not None and _is_translated(message):
                strings[text.singular] = message.string
        written[language] = static / f"{language}.json"
        written[language].write_text(json.dumps(strings, ensure_ascii=False, separators=(",", ":")), "utf-8")
    return written


def problems(root: Path) -> list[str]:
    """What is wrong with the translations, one line each; empty when the catalogue is complete."""
    found = all_texts(root)
    lines = []
    for language in LANGUAGES:
        if language == SOURCE_LANGUAGE:
            continue
        catalogue, conflicts = read_catalogue(root, language)
        lines += conflicts
        used = {text.singular for text in found.places}
        for text, places in found.places.items():
            message = catalogue.get(text.singular)
            if message is None or not _is_translated(message):
                lines.append(f"{places[0]}: {language}: no translation of {text.singular!r}")
            elif isinstance(message.id, str) != (text.plural is None):
                lines.append(f"{places[0]}: {language}: {text.singular!r} has a plural on one side only")
        for message in catalogue:
            if not message.id:
                continue
            where = f"web/locale/{language}/{message.locations[0][0]}"
            if _singular(message) not in used:
                lines.append(f"{where}: stale: {_singular(message)!r} is no longer in the code")
            lines += [f"{where}: {_singular(message)!r}: {fault}" for fault in _faults(message, language)]
    return lines


def missing(root: Path, language: str) -> str:
    """The untranslated texts as the lines of a .po file, to be filled in."""
    catalogue, _conflicts = read_catalogue(root, language)
    lines = []
    for text, places in all_texts(root).places.items():
        message = catalogue.get(text.singular)
        if message is None or not _is_translated(message):
            lines += [f"#: {places[0]}", f"msgid {json.dumps(text.singular, ensure_ascii=False)}"]
            if text.plural is None:
                lines += ['msgstr ""', ""]
            else:
                plural = json.dumps(text.plural, ensure_ascii=False)
                lines += [f"msgid_plural {plural}", 'msgstr[0] ""', 'msgstr[1] ""', ""]
    return "\n".join(lines)


def _singular(message: Message) -> str:
    return message.id if isinstance(message.id, str) else message.id[0]


def _forms(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _is_translated(message: Message) -> bool:
    return bool(message.string) and all(_forms(message.string)) and not message.fuzzy


def _faults(message: Message, language: str) -> Iterator[str]:
    """Lost placeholders in any form but the singular one (« une carte » needs no figure), and French spacing."""
    wanted = set().union(*(_PLACEHOLDER.findall(form) for form in _forms(message.id)))
    forms = _forms(message.string)
    for index, form in enumerate(forms):
        has = set(_PLACEHOLDER.findall(form))
        lost = set() if index == 0 and len(forms) > 1 else wanted - has
        if has - wanted or lost:
            yield f"placeholders differ: {', '.join(sorted(has ^ wanted))}"
        words = _MARKUP.sub("", form)
        if language == "fr" and (fault := _BREAKING_SPACE.search(words) or _NO_SPACE.search(words)):
            yield f"needs a non-breaking space at {fault.group()!r} in {form!r}"


def main(arguments: list[str]) -> int:
    """`check` exits 1 when something is wrong; `missing` prints what is to be translated."""
    root = Path(__file__).resolve().parents[2]
    if arguments == ["check"]:
        found = problems(root)
        for line in found:
            sys.stderr.write(f"{line}\n")
        sys.stdout.write(f"catalogue: {len(found)} problems\n" if found else "catalogue: complete\n")
        return 1 if found else 0
    if arguments == ["missing"]:
        sys.stdout.write(missing(root, "fr"))
        return 0
    sys.stderr.write("usage: python -m web.render.catalogue check|missing\n")
    return 2


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
