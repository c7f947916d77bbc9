"""The process that reads a file: `python -m projects.exchange.child`, one for each file.

In: a line of JSON (reading.Wanted, and whether `cards` are wanted), then the file. Out: a line of JSON about it, then a
line for each card; or one line with what is `refused`. A large file would hold the server's interpreter while it is
parsed, and one that was made for it would take its memory.
"""

import json
import resource
import sys
from dataclasses import asdict

from collab.core.i18n import Message, msg
from projects.exchange.parcel import Unreadable
from projects.exchange.reading import Wanted, read

MEMORY = 1 << 30
SECONDS = 60


def main() -> None:
    """Read one file."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    asked = json.loads(sys.stdin.buffer.readline())
    with_cards = asked.pop("cards")
    try:
        about, parcel = read(sys.stdin.buffer.read(), Wanted(**asked))
    except Unreadable as error:
        _refuse(error.reason)
        return
    except (MemoryError, RecursionError):
        _refuse(msg("This file is too large to be read."))
        return
    except Exception:  # a shape that no reader expects: what it says may quote the file
        _refuse(msg("This file is neither a table nor one of the exports that can be read."))
        return
    _say(about)
    for card in parcel.cards if with_cards else ():
        _say(asdict(card))
    sys.stdout.flush()


def _refuse(reason: Message) -> None:
    _say({"refused": {"text": reason.text, "params": dict(reason.params)}})


def _say(value: object) -> None:
    sys.stdout.write(json.dumps(value) + "\n")


if __name__ == "__main__":
    main()
