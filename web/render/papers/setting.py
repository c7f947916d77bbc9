"""The child's side of the press: papers come in as lines of JSON, files go out. `python -m web.render.papers.setting`.

Typst knows no file but its template, no package and no font but those of its wheel; what people wrote is data to it.
"""

import base64
import json
import os
import resource
import sys
import tempfile
from pathlib import Path

import typst

from web.render.papers.odt import odt_of

TEMPLATE = Path(__file__).with_name("paper.typ")
MEMORY = 2 << 30
FILE = 64 << 20
CPU_SECONDS = 120
NICE = 5


def main() -> None:
    """Set one paper a line, until there are none."""
    os.nice(NICE)
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_FSIZE, FILE),
        (resource.RLIMIT_CPU, CPU_SECONDS),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))
    with tempfile.TemporaryDirectory(prefix="hemicycle-press-") as root:
        for line in sys.stdin:
            sheet = json.loads(line)
            files = {"pdf": pdf_of(sheet, root), "odt": odt_of(sheet)}
            answer = {name: base64.b64encode(content).decode() for name, content in files.items()}
            sys.stdout.write(json.dumps(answer) + "\n")
            sys.stdout.flush()


def pdf_of(sheet: dict[str, object], root: str) -> bytes:
    """PDF/A-2a and PDF/UA-1. `root`: an empty folder, the only one that could be read."""
    made: bytes = typst.compile(  # type: ignore[call-overload]  # its stubs forbid an empty `output`
        TEMPLATE.read_bytes(),
        root=root,
        ignore_system_fonts=True,
        format="pdf",
        sys_inputs={"paper": json.dumps(sheet)},
        pdf_standards=["a-2a", "ua-1"],
    )
    return made


if __name__ == "__main__":
    main()
