"""What a reader of files could do once a file has taken it over; run by collab/files/apart as its work."""

import os
import signal
import socket
import time
from pathlib import Path
from typing import Any


def answer(request: dict[str, Any], folder: Path) -> dict[str, Any]:
    if "hang" in request:
        time.sleep(3600)
    if "eat" in request:
        bytearray(request["eat"])
    if "write" in request:
        (folder / "large").write_bytes(bytes(request["write"]))
    if "kind" in request:  # as the reader of texts: the first file of all kills it
        text = (folder / request["file"]).read_text()
        if text == "un":
            os.kill(os.getpid(), signal.SIGSEGV)
        return {"text": text, "words": text}
    return {
        "read": [path for path in request["read"] if _can_read(path)],
        "reached": _can_reach(),
        "interfaces": [name for _, name in socket.if_nameindex()],
    }


def _can_read(path: str) -> bool:
    try:
        Path(path).read_bytes()
    except OSError:
        return False
    return True


def _can_reach() -> bool:
    """An address of the documentation, and our own machine's name server and web server."""
    for place in (("192.0.2.1", 80), ("127.0.0.1", 80), ("127.0.0.53", 53)):
        with socket.socket() as probe:
            probe.settimeout(1)
            if probe.connect_ex(place) in (0, 111):  # refused: there was a machine to refuse it
                return True
    return False
