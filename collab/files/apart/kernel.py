"""What Linux offers to a process that wants to be harmless, through libc: no network, no files, no life of its own.

man 2 unshare, prctl; landlock(7). `can_leave` and `can_fence` are what `hemicycle check` shows.
"""

import ctypes
import errno
import os
import signal
import subprocess
import sys
from functools import lru_cache
from pathlib import Path

TMP = Path("/tmp")  # noqa: S108 - a name that programs know; what is there is the child's own
_NEWUSER, _NEWNET, _NEWNS = 0x10000000, 0x40000000, 0x00020000
_BIND, _PRIVATE = 1 << 12, (1 << 14) | (1 << 18)  # the second for all that is mounted below
_PDEATHSIG, _NO_NEW_PRIVS = 1, 38
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_VERSION = 1
_BENEATH = 1
# Rights of Landlock's first version (files alone), which every kernel with Landlock has.
_EXECUTE, _WRITE, _READ, _READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_ALL = (1 << 13) - 1
_LOOK = _EXECUTE | _READ | _READ_DIR
_OF_FILES = _EXECUTE | _WRITE | _READ
_SYSTEM = (
    "/usr",
    "/lib",
    "/lib64",
    "/bin",
    "/opt",
    "/proc/cpuinfo",
    "/proc/meminfo",
    "/sys/devices/system/cpu",
    "/var/cache/fontconfig",
    "/var/lib/libreoffice",
    "/var/spool/libreoffice",
)
# Of what the system is set up with, no more than programs need: the rest may hold passwords.
_SET_UP = (
    "alternatives", "fonts", "group", "ld.so.cache", "libreoffice", "locale.alias", "localtime", "mime.types",
    "nsswitch.conf", "passwd",
)  # fmt: skip
_DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random")


class Unavailable(OSError):
    """The kernel, or who runs it, does not allow this."""


class _Ruleset(ctypes.Structure):
    _fields_ = (("handled", ctypes.c_uint64),)


class _Beneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


@lru_cache(maxsize=1)
def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)


def _check(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise Unavailable(number, os.strerror(number))
    return result


def end_with_parent() -> None:
    """Die when the server does, and gain no privilege on the way."""
    parent = os.getppid()
    _check(_libc().prctl(_PDEATHSIG, signal.SIGKILL, 0, 0, 0))
    _check(_libc().prctl(_NO_NEW_PRIVS, 1, 0, 0, 0))
    if os.getppid() != parent:
        sys.exit(1)


def leave(folder: Path) -> None:
    """Into a network of one's own, in which there is nothing, with `folder` as /tmp. Raises Unavailable."""
    user, group = os.getuid(), os.getgid()
    if _libc().unshare(_NEWNET | _NEWNS) != 0:
        if ctypes.get_errno() != errno.EPERM:
            _check(-1)
        _check(_libc().unshare(_NEWUSER | _NEWNET | _NEWNS))
        for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            Path("/proc/self", name).write_text(text)
    _check(_libc().mount(b"none", b"/", None, ctypes.c_ulong(_PRIVATE), None))
    _check(_libc().mount(os.fsencode(folder), os.fsencode(TMP), None, ctypes.c_ulong(_BIND), None))
    os.chdir(TMP)


def fence() -> None:
    """See no file but those of the system, and write none but in /tmp. Nothing happens without Landlock."""
    if not can_fence():
        return
    handled = _Ruleset(_ALL)
    ruleset = _check(_libc().syscall(_CREATE_RULESET, ctypes.byref(handled), ctypes.c_size_t(8), ctypes.c_uint32(0)))
    try:
        _allow(ruleset, TMP, _ALL)
        for path in {
            *_SYSTEM,
            *(f"/etc/{name}" for name in _SET_UP),
            *filter(None, sys.path),
            sys.prefix,
            sys.base_prefix,
        }:
            _allow(ruleset, Path(path), _LOOK)
        for path in _DEVICES:
            _allow(ruleset, Path(path), _READ | _WRITE)
        _check(_libc().syscall(_RESTRICT_SELF, ruleset, ctypes.c_uint32(0)))
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: Path, rights: int) -> None:
    try:
        parent = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # not on this machine
    try:
        beneath = _Beneath(rights if path.is_dir() else rights & _OF_FILES, parent)
        _check(_libc().syscall(_ADD_RULE, ruleset, _BENEATH, ctypes.byref(beneath), ctypes.c_uint32(0)))
    finally:
        os.close(parent)


@lru_cache(maxsize=1)
def can_fence() -> bool:
    """Whether the kernel has Landlock."""
    return bool(_libc().syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION)) > 0)


def can_leave() -> bool:
    """Whether a child may have a network of its own; tried in one."""
    program = "from pathlib import Path; from collab.files.apart.kernel import leave; leave(Path('/usr'))"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    return subprocess.run([sys.executable, "-c", program], env=env, check=False, capture_output=True).returncode == 0  # noqa: S603 - ours
