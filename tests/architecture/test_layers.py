"""The shape of the code, as house.md's packages and layers promise it: read from the sources, nothing imported."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("collab", "directory", "meetings", "projects", "web")
NAMELESS = {"utils", "util", "helpers", "helper", "manager", "managers", "base", "common", "misc"}
LONGEST = 450
# file → why it is one file all the same
LONG_FOR_A_REASON: dict[str, str] = {
    "web/migrations/versions/0001_the_first_schema.py": "the whole first schema, as Alembic wrote it",
}

# library → the files and folders that may import it
HOMES = {
    "aiohttp": ("web",),
    "socketio": ("web",),
    "jinja2": ("web",),
    "aiosmtplib": ("web",),
    "alembic": ("web",),
    "redis": ("web",),
    "ldap3": ("directory/ldap/client.py",),
    "aiortc": ("meetings/media",),
    "aioice": ("meetings/media",),
    "pylibsrtp": ("meetings/media",),
    "icalendar": ("meetings/calendar/ical.py",),
}


def _sources(*folders: str) -> list[Path]:
    return sorted(
        path for folder in folders for path in (ROOT / folder).rglob("*.py") if "node_modules" not in path.parts
    )


def _imports(path: Path) -> Iterator[str]:
    """The first names of all modules that a file imports, at its top or inside a function."""
    for node in ast.walk(ast.parse(path.read_bytes())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module.partition(".")[0]


def _name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("package", [*PACKAGES, "tests"])
def test_each_package_is_the_one_of_this_repository(package: str) -> None:
    spec = find_spec(package)
    assert spec is not None and spec.origin is not None
    assert Path(spec.origin).resolve() == ROOT / package / "__init__.py"


def test_tests_and_bench_stay_out_of_the_wheel() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert sorted(project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]) == list(PACKAGES)


def test_the_layers_hold() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([program, "--no-logo", "--no-cache"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 0 broken" in done.stdout


@pytest.mark.parametrize("library", HOMES)
def test_each_library_has_one_home(library: str) -> None:
    homes = [ROOT / home for home in HOMES[library]]
    strangers = [
        _name(path)
        for path in _sources(*PACKAGES)
        if library in _imports(path) and not any(path == home or home in path.parents for home in homes)
    ]
    assert not strangers, f"{library} is imported outside {HOMES[library]}"


def test_names_say_what_is_inside() -> None:
    nameless = [
        _name(path) for path in _sources(*PACKAGES, "tests", "bench") if NAMELESS & {path.stem, path.parent.name}
    ]
    assert not nameless


def test_files_are_short_enough_to_read() -> None:
    counts = {_name(path): len(path.read_text().splitlines()) for path in _sources(*PACKAGES, "tests", "bench")}
    long = {name: lines for name, lines in counts.items() if lines > LONGEST and name not in LONG_FOR_A_REASON}
    assert not long
    assert all(counts.get(name, 0) > LONGEST for name in LONG_FOR_A_REASON), "a reason has outlived its file"


def test_each_module_says_what_it_owns() -> None:
    silent = [
        _name(path)
        for path in _sources(*PACKAGES, "tests", "bench")
        if (tree := ast.parse(path.read_bytes())).body and not ast.get_docstring(tree)
    ]
    assert not silent


def test_nothing_is_left_for_later() -> None:
    marks = ("TO" + "DO", "FIX" + "ME", "XX" + "X", "pytest.sk" + "ip", "mark.sk" + "ip", "mark.xf" + "ail")
    found = [_name(path) for path in _sources(*PACKAGES, "tests", "bench") if any(m in path.read_text() for m in marks)]
    assert not found
