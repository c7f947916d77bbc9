"""The built front end as the templates address it: plain names to hashed file names.

Source of truth: `web/static/dist/manifest.json`, written by `hatch_build.py`. The server gives out the folder
`Assets.folder` under `PREFIX`; names carry a hash of their content, so a browser may keep them for ever.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

PREFIX = "/static/"
DIST = Path(__file__).resolve().parents[1] / "static" / "dist"


@dataclass(frozen=True, slots=True)
class Assets:
    folder: Path
    files: Mapping[str, str]
    icons: frozenset[str]

    @classmethod
    def load(cls, folder: Path = DIST) -> Self:
        """Read the manifest; RuntimeError with the command to run when the front end has not been built."""
        try:
            manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
        except FileNotFoundError:
            raise RuntimeError("the front end is not built: run `python hatch_build.py`") from None
        return cls(folder, manifest["files"], frozenset(manifest["icons"]))

    def url(self, name: str) -> str:
        """The address of `app.css`, `shell.js`, `icons.svg`…; KeyError names an asset that does not exist."""
        return PREFIX + self.files[name]

    def icon_url(self, name: str) -> str:
        """The address of one icon in the sprite; KeyError when icons.json does not list it."""
        if name not in self.icons:
            raise KeyError(f"web/client/icons.json has no icon {name!r}")
        return f"{self.url('icons.svg')}#{name}"
