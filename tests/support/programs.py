"""Starts the real servers that tests talk to: finds their program, runs it as a child, ends it.

Called by the fixtures of this folder. A child ends with the test run even when that is killed, and a
program that is not there is a failure that names the Debian package: nothing is ever skipped.
"""

import os
import pwd
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

_SERVER_FOLDERS = ("/usr/sbin", "/sbin", "/usr/local/sbin")


def find_program(name: str, package: str, folders: Sequence[str] = ()) -> str:
    """The full path of `name`, looked for on PATH, in the folders of servers and in `folders`."""
    path = os.pathsep.join([*folders, os.environ.get("PATH", ""), *_SERVER_FOLDERS])
    found = shutil.which(name, path=path)
    if found is None:
        raise RuntimeError(f"{name} is missing: apt-get install {package} (make test does it)")
    return found


def as_root(*command: str) -> list[str]:
    """`command`, through sudo when the tests do not run as root."""
    return list(command) if os.geteuid() == 0 else ["sudo", "-n", *command]


def run(command: Sequence[str], *, stdin: str | None = None) -> str:
    """Run to the end and return what was printed; a failure shows all of the output."""
    feed = {"stdin": subprocess.DEVNULL} if stdin is None else {"input": stdin}
    done = subprocess.run(command, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **feed)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)} ended with {done.returncode}:\n{done.stdout}")
    return done.stdout


class Child:
    """A server in the foreground, whose output goes to `log`."""

    def __init__(
        self,
        command: Sequence[str],
        log: Path,
        *,
        user: str | None = None,
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> None:
        """Run `command` in `folder`, its variables added to ours, as `user` when given and we are root.

        The kernel ends it when we die.
        """
        wrapper = ["setpriv", "--pdeathsig", "KILL"]
        if user is not None and os.geteuid() == 0:
            account = pwd.getpwnam(user)
            wrapper += [f"--reuid={account.pw_uid}", f"--regid={account.pw_gid}", "--clear-groups"]
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [*wrapper, "--", *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                env={**os.environ, **(environment or {})},
                cwd=folder,
            )

    def wait_until(self, ready: Callable[[], bool], seconds: float = 15) -> None:
        """Poll `ready` until it is true; fail with the log when the child ends or time is up."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.process.args!r} ended with {self.process.returncode}:\n{self.tail()}")
            if time.monotonic() > deadline:
                self.stop(signal.SIGKILL)
                raise RuntimeError(f"{self.process.args!r} is not ready after {seconds} s:\n{self.tail()}")
            time.sleep(0.02)

    def stop(self, how: signal.Signals = signal.SIGTERM, seconds: float = 10) -> None:
        """Ask with `how`, insist with SIGKILL after `seconds`; does nothing to one that has ended."""
        if self.process.poll() is not None:
            return
        self.process.send_signal(how)
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def tail(self) -> str:
        """The last 4,000 characters of the log."""
        return self.log.read_text(errors="replace")[-4000:]
