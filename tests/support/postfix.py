"""A real postfix of our own: it takes mail for @corp.test, refuses the rest, can die and come back.

Fixtures in tests/conftest.py call it. What was delivered stands in one Maildir with its recipient in
Delivered-To; what was accepted but not delivered yet waits in the queue on disk, as on a real server.
postfix needs root: where the tests run as somebody else, its commands go through sudo.
"""

import os
import pwd
import tempfile
import time
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from tests.support.ports import LOOPBACK, free_port, is_listening
from tests.support.programs import as_root, find_program, run

DOMAIN = "corp.test"

# service, type, private, unprivileged, chroot, wakeup, maxproc, command: Debian's list without what
# takes mail from the machine (pickup) or sends it out of it (smtp, relay, lmtp)
_SERVICES = """\
{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""

_SETTINGS = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
myhostname = mail.{domain}
mydestination =
local_recipient_maps =
alias_maps =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mynetworks = 127.0.0.0/8
smtputf8_enable = yes
message_size_limit = 26214400
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = static:everybody/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_transport = virtual
smtpd_relay_restrictions = permit_auth_destination, reject
default_transport = error:this test server sends nothing outside
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
"""


class PostfixServer:
    """Starts when made; `die()` and `start()` take it away and bring it back, `stop()` ends it."""

    def __init__(self) -> None:
        self._program = find_program("postfix", "postfix")
        self.host = LOOPBACK
        self.port = free_port()
        # the delivery agent refuses to write as root, and the tests must be able to read
        owner = pwd.getpwnam("nobody") if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        self._folder = Path(tempfile.mkdtemp(prefix="hemicycle-postfix-"))
        self._folder.chmod(0o755)
        self._settings = self._folder / "etc"
        self._mail = self._folder / "mail"
        for folder in (self._settings, self._mail, self._folder / "queue", self._folder / "data"):
            folder.mkdir()
        os.chown(self._mail, owner.pw_uid, owner.pw_gid)
        (self._settings / "master.cf").write_text(_SERVICES.format(port=f"{LOOPBACK}:{self.port}"))
        (self._settings / "main.cf").write_text(
            _SETTINGS.format(folder=self._folder, domain=DOMAIN, uid=owner.pw_uid, gid=owner.pw_gid)
        )
        run(as_root("chown", "-R", "root", str(self._settings), str(self._folder / "queue")))
        run(as_root("chown", "postfix", str(self._folder / "data")))
        self.start()

    def start(self) -> None:
        """Start on the same port as before, with the queue as it was left; nothing to do where it runs."""
        if is_listening(self.port):
            return
        self._postfix("start")
        deadline = time.monotonic() + 15
        while not is_listening(self.port):
            if time.monotonic() > deadline:
                raise RuntimeError(f"postfix does not answer:\n{self.log()}")
            time.sleep(0.02)

    def die(self) -> None:
        """End it in the middle of what it does; whoever speaks SMTP with it is cut."""
        self._postfix("abort")

    def stop(self) -> None:
        """End it and remove its files."""
        if is_listening(self.port):
            self._postfix("abort")
        run(as_root("rm", "-rf", str(self._folder)))

    def messages(self, login: str) -> list[EmailMessage]:
        """What was delivered to login@corp.test, oldest first."""
        files = sorted(self._mail.glob("everybody/new/*"), key=lambda file: (file.stat().st_mtime_ns, file.name))
        messages = (message_from_bytes(file.read_bytes(), policy=policy.default) for file in files)
        return [message for message in messages if message["Delivered-To"] == f"{login}@{DOMAIN}"]

    def wait_for(self, login: str, number: int = 1, seconds: float = 15) -> list[EmailMessage]:
        """Wait until at least `number` messages were delivered to login@corp.test and return all of them."""
        deadline = time.monotonic() + seconds
        while len(found := self.messages(login)) < number:
            if time.monotonic() > deadline:
                raise AssertionError(f"{login} has {len(found)} of {number} messages:\n{self.log()}")
            time.sleep(0.02)
        return found

    def clear(self) -> None:
        """Throw away what was delivered."""
        for file in self._mail.glob("everybody/new/*"):
            file.unlink()

    def log(self) -> str:
        """The last 4,000 characters of the mail log."""
        return run(as_root("tail", "-c", "4000", str(self._folder / "log")))

    def _postfix(self, command: str) -> None:
        run(as_root(self._program, "-c", str(self._settings), command))
