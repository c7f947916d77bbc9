"""hatch_build.py, run for real on a copy of the sources: what it makes, when it does nothing, what it refuses."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PARTS = ("hatch_build.py", "web/__init__.py", "web/render/__init__.py", "web/render/catalogue.py", "web/locale")


@pytest.fixture
def source(tmp_path: Path) -> Path:
    root = tmp_path / "source"
    for part in PARTS:
        (root / part).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / part).is_dir() else shutil.copy
        copy(ROOT / part, root / part)
    shutil.copytree(ROOT / "web/client", root / "web/client", ignore=shutil.ignore_patterns("node_modules"))
    for compiled in root.rglob("*.mo"):
        compiled.unlink()
    return root


def build(root: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "hatch_build.py"]
    return subprocess.run(command, cwd=root, env={**os.environ, **environment}, capture_output=True, text=True)


def manifest(root: Path) -> dict[str, dict[str, str]]:
    loaded: dict[str, dict[str, str]] = json.loads((root / "web/static/dist/manifest.json").read_text("utf-8"))
    return loaded


def test_builds_once_and_again_only_after_a_change(source: Path) -> None:
    first = build(source)
    assert first.stdout == "front end built\n", first.stderr
    assert (source / "web/locale/fr/messages.mo").is_file()
    assert not (source / "web/client/node_modules").exists()
    before = manifest(source)
    assert before["files"] == manifest(ROOT)["files"], "names depend on where the sources are"

    assert build(source).stdout == "front end is up to date\n"
    (source / "web/locale/fr/messages.mo").unlink()
    assert build(source).stdout == "front end built\n"

    shell = source / "web/client/src/entries/shell.ts"
    shell.write_text(shell.read_text("utf-8") + "\ndocument.title += String(42);\n", "utf-8")
    assert build(source).stdout == "front end built\n"
    after = manifest(source)
    assert after["files"]["shell.js"] != before["files"]["shell.js"]
    assert after["files"]["app.css"] == before["files"]["app.css"]
    assert {path.name for path in (source / "web/static").iterdir()} == {"dist"}
    assert not (source / "web/static/dist" / before["files"]["shell.js"]).exists()


def test_an_unknown_icon_stops_the_build_and_leaves_the_last_one(source: Path) -> None:
    (source / "web/static/dist").mkdir(parents=True)
    (source / "web/static/dist/kept").touch()
    (source / "web/client/icons.json").write_text('{"dragon": "none"}', "utf-8")
    failed = build(source)
    assert failed.returncode != 0
    assert "Lucide has no icon named dragon" in failed.stderr
    assert (source / "web/static/dist/kept").exists()


def test_a_distribution_can_bring_its_own_front_end(source: Path) -> None:
    assert build(source, HEMICYCLE_SKIP_ASSETS="1").returncode == 0
    assert not (source / "web/static").exists()


def test_the_lock_holds_no_address() -> None:
    lock = (ROOT / "web/client/package-lock.json").read_text("utf-8")
    assert "://" not in lock
    assert lock.count('"integrity"') > 50
