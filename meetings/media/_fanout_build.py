"""Builds `_fanout.c` into an extension module through cffi's API mode, where a compiler and Python's headers are.

`hatch_build.py` calls it with every build of the package, tests with other flags. What is built knows the hash of its
sources, so that `fanout_c.py` never loads one that is older than they are.
"""

from __future__ import annotations

import hashlib
import os
import shlex
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Sequence
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

FOLDER = Path(__file__).resolve().parent
SOURCES = ("_fanout.h", "_fanout.c", "_fanout_inbox.c", "_fanout_build.py")
FILE = "_fanout.abi3.so"
MODULE = "meetings.media._fanout"
FLAGS = ("-O2", "-ffp-contract=off", "-DNDEBUG", "-Wall", "-Wextra", "-fvisibility=hidden")
_PYTHON_SIDE = """
extern "Python" int fanout_give_to_python(void *owner, uint32_t path, const uint8_t *datagram, int size);
const char *fanout_sources(void);
"""


class CannotBuild(Exception):
    """No compiler, no headers, no cffi that works, or the compiler refused; the text says which."""


def digest() -> str:
    """Of all the sources."""
    found = hashlib.sha256()
    for name in SOURCES:
        found.update((FOLDER / name).read_bytes())
    return found.hexdigest()[:32]


def compiler() -> list[str]:
    """The C compiler's command. Raises CannotBuild."""
    for text in (os.environ.get("CC"), sysconfig.get_config_var("CC"), "cc", "gcc", "clang"):
        command = shlex.split(text or "")
        if command and shutil.which(command[0]):
            return command
    raise CannotBuild("no C compiler")


def build(target: Path, flags: Sequence[str] = FLAGS) -> Path:
    """Compile into the folder `target` → the module's file, whole or not at all. Raises CannotBuild."""
    if sys.platform != "linux" or sys.byteorder != "little":
        raise CannotBuild("written for Linux on little-endian machines")
    command = compiler()
    include = sysconfig.get_paths()["include"]
    if not Path(include, "Python.h").is_file():
        raise CannotBuild("Python's headers are not installed")
    with tempfile.TemporaryDirectory(prefix="hemicycle-native-", dir=target) as temporary:
        generated = Path(temporary, "_fanout_module.c")
        _generate(generated)
        built = Path(temporary, FILE)
        linked = ["-shared", "-fPIC", f"-I{include}", f"-I{FOLDER}", str(generated), "-o", str(built)]
        done = subprocess.run([*command, *flags, *linked], capture_output=True, text=True, check=False)  # noqa: S603 # the machine's compiler
        if done.returncode != 0:
            raise CannotBuild(f"{command[0]}: {done.stderr.strip()[-2000:]}")
        return built.replace(target / FILE)


def _generate(target: Path) -> None:
    try:
        from cffi import FFI
    except ImportError as error:
        raise CannotBuild("cffi is not installed") from error
    ffi = FFI()
    ffi.cdef((FOLDER / "_fanout.h").read_text("utf-8") + _PYTHON_SIDE)
    ffi.set_source(
        MODULE,
        f'#include "_fanout.c"\nstatic const char *fanout_sources(void) {{ return "{digest()}"; }}\n',
    )
    with redirect_stdout(StringIO()):  # it tells what it writes
        ffi.emit_c_code(str(target))


def refresh() -> str | None:
    """Bring the module beside its sources up to date → why there is none, or None when it is there."""
    stamp = FOLDER / f"{FILE}.sources"
    target = FOLDER / FILE
    if target.is_file() and stamp.is_file() and stamp.read_text("utf-8") == digest():
        return None
    try:
        build(FOLDER)
    except (CannotBuild, OSError) as error:
        for stale in (target, stamp):
            stale.unlink(missing_ok=True)
        return str(error)
    stamp.write_text(digest(), "utf-8")
    return None
