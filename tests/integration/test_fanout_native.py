"""The data plane's C file: under the sanitizers with noise and with its property tests, and absent without error."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from meetings.media import _fanout_build

ROOT = Path(__file__).resolve().parents[2]
MEDIA = ROOT / "meetings/media"
SANITIZERS = ("-g", "-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-fno-omit-frame-pointer")
AGREEMENT = ("tests/property/media/test_planes.py", "tests/property/media/test_inboxes.py")
WARNINGS = ("-Wall", "-Wextra", "-Werror")
PROPERTIES = """
import importlib.util, sys
specification = importlib.util.spec_from_file_location("meetings.media._fanout", sys.argv[1])
sys.modules[specification.name] = module = importlib.util.module_from_spec(specification)
specification.loader.exec_module(module)
import pytest
sys.exit(pytest.main(["-x", "-q", "-p", "no:cacheprovider", *sys.argv[2:]]))
"""


def run(command: list[str], cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, env={**os.environ, **environment}, capture_output=True, text=True)


@pytest.mark.soak
def test_noise_finds_no_fault(tmp_path: Path, budget: Callable[[int, int], int]) -> None:
    program = tmp_path / "fuzz"
    source = str(ROOT / "tests/native/fuzz_fanout.c")
    compiler = _fanout_build.compiler()
    built = run([*compiler, *SANITIZERS, *WARNINGS, "-std=gnu11", f"-I{MEDIA}", source, "-o", str(program)])
    assert built.returncode == 0, built.stderr
    for seed in range(budget(2, 8)):
        done = run([str(program), str(seed), str(budget(50_000, 500_000))])
        assert done.returncode == 0, f"seed {seed}: {done.stderr}"


def test_both_forms_agree_under_the_sanitizers(tmp_path: Path) -> None:
    module = _fanout_build.build(tmp_path, SANITIZERS)
    compiler = _fanout_build.compiler()[0]
    libraries = [run([compiler, f"-print-file-name={name}.so"]).stdout.strip() for name in ("libasan", "libubsan")]
    done = run(
        [sys.executable, "-c", PROPERTIES, str(module), *AGREEMENT],
        LD_PRELOAD=" ".join(libraries),
        ASAN_OPTIONS="detect_leaks=0",  # the interpreter's own
        PYTHONMALLOC="malloc",
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """The product's sources, nothing built."""
    root = tmp_path / "source"
    ignored = shutil.ignore_patterns("*.so*", "__pycache__")
    shutil.copytree(ROOT / "meetings", root / "meetings", ignore=ignored)
    shutil.copytree(ROOT / "collab", root / "collab", ignore=ignored)
    shutil.copy(ROOT / "hatch_build.py", root)
    return root


def install(root: Path, **environment: str) -> str:
    done = run([sys.executable, "hatch_build.py"], root, HEMICYCLE_SKIP_ASSETS="1", **environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def plane_of(root: Path, choice: str = "auto") -> str:
    program = f"from meetings.media.planes import make_plane; print(make_plane({choice!r}).name)"
    done = run([sys.executable, "-c", program], root)
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


def test_without_a_compiler_the_product_is_whole(source: Path, tmp_path: Path) -> None:
    assert "no data plane in C: no C compiler" in install(source, PATH=str(tmp_path), CC="")
    assert "no data plane in C: false:" in install(source, CC="false")
    assert "not wanted" in install(source, HEMICYCLE_SKIP_NATIVE="1")
    assert not list(source.rglob("*.so"))
    assert plane_of(source) == "python"
    assert "not built" in plane_of(source, "c")


def test_it_is_built_once_and_again_after_a_change(source: Path) -> None:
    assert "data plane in C is there" in install(source)
    built = source / "meetings/media" / _fanout_build.FILE
    before = built.stat().st_mtime_ns
    assert (plane_of(source), plane_of(source, "python")) == ("c", "python")
    install(source)
    assert built.stat().st_mtime_ns == before
    with (source / "meetings/media/_fanout.c").open("a") as file:
        file.write("/* changed */\n")
    assert plane_of(source) == "python", "what was built of other sources is not trusted"
    assert "built of other sources" in plane_of(source, "c")
    install(source)
    assert plane_of(source) == "c"
    assert {path.name for path in built.parent.iterdir() if "native" in path.name} == set()
