"""Gives out the built front end, which is small and never changes while we run, from memory.

Not aiohttp's FileResponse: it opens files in a thread, and the one that is opened for a request that is cancelled
meanwhile is closed by nobody. Source of truth: the folder that hatch_build.py fills; web/app.py calls.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

from aiohttp import ETag, web

from web.render.assets import PREFIX

FOREVER = "public, max-age=31536000, immutable"
# Names with a hash of the content; the others (licences.txt) are asked for again each time.
_HASHED = re.compile(r"-[0-9A-Z]{8}\.")

_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
    ".map": "application/json",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".woff2": "font/woff2",
}


@dataclass(frozen=True, slots=True)
class _File:
    content: bytes
    media_type: str
    etag: str
    keep: str


def give_out(app: web.Application, folder: Path) -> None:
    """Answer GET and HEAD of every file of `folder` under PREFIX."""
    files = {path.name: _read(path) for path in folder.iterdir() if path.is_file()}

    async def give(request: web.Request) -> web.Response:
        file = files.get(request.match_info["name"])
        if file is None:
            raise web.HTTPNotFound()
        headers = {"Cache-Control": file.keep}
        wanted = request.if_none_match or ()
        known = any(tag.value in (file.etag, "*") for tag in wanted)
        if known:
            response = web.Response(status=304, headers=headers)
        else:
            charset = "utf-8" if file.media_type.startswith("text/") else None
            response = web.Response(body=file.content, content_type=file.media_type, charset=charset, headers=headers)
        response.etag = ETag(file.etag)
        return response

    app.router.add_get(PREFIX + "{name}", give)


def _read(path: Path) -> _File:
    content = path.read_bytes()
    return _File(
        content,
        _TYPES.get(path.suffix, "application/octet-stream"),
        hashlib.sha256(content).hexdigest()[:32],
        FOREVER if _HASHED.search(path.name) else "no-cache",
    )
