"""What the server writes is nobody else's to read, whatever the account's umask."""

import os
import subprocess
import sys
from pathlib import Path

_HEMICYCLE = [sys.executable, "-c", "import sys; from web.cli import main; sys.exit(main())"]


def test_the_database_is_private(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    environment = {"PATH": os.environ["PATH"], "HEMICYCLE_DATA": str(folder)}
    old = os.umask(0o022)
    try:
        subprocess.run([*_HEMICYCLE, "migrate"], env=environment, check=True, capture_output=True)
    finally:
        os.umask(old)
    modes = {path.name: path.stat().st_mode & 0o077 for path in (folder, *folder.iterdir())}
    assert "hemicycle.sqlite3" in modes
    assert not any(modes.values()), modes
