"""Lock files, decisions and other papers of the repository: complete, short, and without an address too many."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = ("requirements.lock", "requirements-dev.lock", "web/client/package-lock.json")

# Hosts from which packages come: a clone must be installable from any mirror. In halves, so that this file has none.
REGISTRIES = [
    left + right
    for left, right in (
        ("pypi", ".org"),
        ("pythonhosted", ".org"),
        ("npmjs", ".org"),
        ("npmjs", ".com"),
        ("yarnpkg", ".com"),
        ("deb.debian", ".org"),
        ("security.debian", ".org"),
    )
]


def _files() -> list[Path]:
    """What git holds or would add."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    return [ROOT / name for name in listing.stdout.decode().split("\0") if name and (ROOT / name).is_file()]


def _pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==([\w.+!-]+)", (ROOT / lock).read_text(), flags=re.MULTILINE))


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_record_no_address(lock: str) -> None:
    assert "://" not in (ROOT / lock).read_text()


@pytest.mark.parametrize("lock", LOCKS[:2])
def test_each_python_pin_has_its_hashes(lock: str) -> None:
    entries = re.split(r"^(?=[\w.-]+==)", (ROOT / lock).read_text(), flags=re.MULTILINE)[1:]
    assert len(entries) > 40
    assert not [entry.split("==")[0] for entry in entries if "--hash=sha256:" not in entry]


def test_the_development_lock_holds_the_runtime_lock() -> None:
    assert _pins(LOCKS[0]).items() <= _pins(LOCKS[1]).items()


def test_each_dependency_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    names = {re.split(r"[\[<>=~!; ]", requirement)[0].lower() for requirement in wanted}
    assert names <= _pins(LOCKS[1]).keys()


def test_build_requirements_are_pinned() -> None:
    requires = tomllib.loads((ROOT / "pyproject.toml").read_text())["build-system"]["requires"]
    assert all("==" in requirement for requirement in requires)


def test_no_registry_is_named() -> None:
    named = {
        str(path.relative_to(ROOT)): host
        for path in _files()
        for host in REGISTRIES
        if host.encode() in path.read_bytes()
    }
    assert not named


def test_decisions_are_numbered_and_short() -> None:
    decisions = sorted((ROOT / "docs/adr").glob("*.md"))
    assert decisions
    lengths = {path.name: len(path.read_text().splitlines()) for path in decisions}
    assert not {name: lines for name, lines in lengths.items() if not 10 <= lines <= 30}
    assert all(re.fullmatch(r"\d{4}-[a-z0-9-]+\.md", name) for name in lengths)
    numbers = [name[:4] for name in lengths]
    assert len(numbers) == len(set(numbers))


def test_the_licence_is_the_declared_one() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    text = (ROOT / "LICENSE").read_text()
    assert project["license"] == "EUPL-1.2"
    assert text.startswith("EUROPEAN UNION PUBLIC LICENCE v. 1.2") and "15.Applicable Law" in text


@pytest.mark.parametrize("paper", ["README.md", "CHANGELOG.md", "docs/install.md", "bench/README.md"])
def test_links_between_papers_lead_somewhere(paper: str) -> None:
    file = ROOT / paper
    targets = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", file.read_text())
    assert not [target for target in targets if not (file.parent / target).exists()]
