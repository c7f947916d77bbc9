"""The child's side: gives up everything it does not need, then does its work for one request after the other.

`python -m collab.files.apart.inside WORK FOLDER MEMORY FILE`. Where it cannot leave the network it does nothing.
"""

import contextlib
import importlib
import json
import os
import resource
import signal
import sys
from pathlib import Path
from typing import Any

from collab.files.apart import kernel
from collab.files.apart.refusal import Refusal

OPEN_FILES = 256
NICE = 10


def main(work: str, folder: Path, memory: int, file: int) -> None:
    """Take requests until there are none."""
    kernel.end_with_parent()
    os.nice(NICE)
    kernel.leave(folder)
    _limit(memory, file)
    kernel.fence()
    module = importlib.import_module(work)
    answers = sys.stdout
    sys.stdout = sys.stderr  # what a library prints is no answer
    for line in sys.stdin:
        try:
            answer: dict[str, Any] = module.answer(json.loads(line), kernel.TMP)
        except Refusal as refusal:
            answer = {"refused": str(refusal)}
        except MemoryError:
            answer = {"refused": "needs more memory than there is for one file"}
        except Exception as error:  # what broken files do to libraries is told by kind: the text may quote the file
            answer = {"refused": f"cannot be read ({type(error).__name__})"}
        answers.write(json.dumps(answer) + "\n")
        answers.flush()


def _limit(memory: int, file: int) -> None:
    for what, most in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_FSIZE, file),
        (resource.RLIMIT_NOFILE, OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)  # a file that grows too large is an error, not a death


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError, KeyboardInterrupt):
        main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
