"""What the desktops of Windows and macOS are documented to send over WebDAV, replayed."""

import unicodedata
from collections.abc import AsyncIterator
from urllib.parse import quote, unquote

from yarl import URL

from tests.http.test_dav import LOCK, WINDOWS, names_in
from tests.support.app import App
from tests.support.dav import dav


async def test_what_windows_explorer_sends(app: App) -> None:
    """The Mini-Redirector's way to save a file ([MS-WDV]): PROPFIND, PUT, LOCK, PROPPATCH, PUT, UNLOCK; then a MOVE."""
    client = await dav(app, "editor")
    agent = {"User-Agent": "Microsoft-WebDAV-MiniRedir/10.0.19045", "translate": "f"}
    async with app.anybody(agent).options("/dav/") as answer:  # before any password
        assert (answer.status, answer.headers["MS-Author-Via"]) == (200, "DAV")
    async with app.anybody(agent).request("PROPFIND", "/dav/", headers={"Depth": "0"}) as answer:
        assert answer.status == 401
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    for path in ("/dav/", client.base):
        assert (await client.send("PROPFIND", path, headers={**agent, "Depth": "0", "Content-Length": "0"}))[0] == 207
    assert (await client.send("PROPFIND", "Nouveau%20document.docx", headers={**agent, "Depth": "0"}))[0] == 404
    assert (await client.send("PUT", "Nouveau%20document.docx", b"", agent))[0] == 201
    timeout = {"Timeout": "Second-3600", "Depth": "0", **agent}
    info = '<?xml version="1.0"?><D:lockinfo xmlns:D="DAV:"><D:lockscope><D:exclusive/></D:lockscope><D:locktype>' \
        "<D:write/></D:locktype><D:owner><D:href>MAIRIE\\zoe</D:href></D:owner></D:lockinfo>"  # fmt: skip
    status, headers, text = await client.send("LOCK", "Nouveau%20document.docx", info, timeout)
    assert status == 200
    assert "MAIRIE\\zoe" in text
    token = headers["Lock-Token"]
    held = {"If": f"({token})", **agent}
    assert (await client.send("PROPPATCH", "Nouveau%20document.docx", WINDOWS, held))[0] == 207
    assert (await client.send("HEAD", "Nouveau%20document.docx", headers=agent))[0] == 200
    assert (await client.send("PUT", "Nouveau%20document.docx", b"contenu", held))[0] == 204
    assert (await client.send("PROPPATCH", "Nouveau%20document.docx", WINDOWS, held))[0] == 207
    assert (await client.send("UNLOCK", "Nouveau%20document.docx", headers={"Lock-Token": token, **agent}))[0] == 204
    _, _, text = await client.send("PROPFIND", "Nouveau%20document.docx", headers={**agent, "Depth": "0"})
    assert "00000020" in text
    # Renamed in Explorer: an absolute Destination, Overwrite F.
    there = {"Destination": client.address(app, "Compte%20rendu.docx"), "Overwrite": "F", **agent}
    assert (await client.send("MOVE", "Nouveau%20document.docx", headers=there))[0] == 201
    assert (await client.send("GET", "Compte%20rendu.docx", headers=agent))[2] == "contenu"


async def test_what_finder_sends(app: App) -> None:
    """WebDAVFS of macOS: quotas asked, names taken apart (NFD), AppleDouble, an empty PUT, LOCK, a chunked PUT."""
    client = await dav(app, "editor")
    agent = {"User-Agent": "WebDAVFS/3.0.0 (03008000) Darwin/24.0.0 (arm64)"}
    ask = (
        '<?xml version="1.0"?><D:propfind xmlns:D="DAV:"><D:prop><D:getlastmodified/><D:getcontentlength/>'
        "<D:creationdate/><D:resourcetype/><D:quota-available-bytes/><D:quota-used-bytes/></D:prop></D:propfind>"
    )
    assert (await client.send("OPTIONS", "", headers=agent))[1]["DAV"] == "1, 2, 3"
    assert (await client.send("PROPFIND", "", ask, {**agent, "Depth": "0"}))[0] == 207
    name = quote(unicodedata.normalize("NFD", "Été à Béziers.pdf"))
    for hidden in (f"._{unquote(name)}", ".DS_Store"):
        assert (await client.send("PROPFIND", quote(hidden), ask, {**agent, "Depth": "0"}))[0] == 404
    assert (await client.send("PUT", name, b"", agent))[0] == 201
    status, headers, _ = await client.send("LOCK", name, LOCK, {**agent, "Depth": "0", "Timeout": "Second-600"})
    assert status == 200
    token = headers["Lock-Token"]

    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(3):
            yield b"x" * 50_000

    held = {**agent, "If": f"({token})", "X-Expected-Entity-Length": "150000"}
    address = URL(client.base + name, encoded=True)
    async with client.http.put(address, data=chunks(), headers=held) as answer:
        assert answer.status == 204
    assert (await client.send("LOCK", name, None, {**agent, "If": f"({token})", "Timeout": "Second-600"}))[0] == 200
    assert (await client.send("UNLOCK", name, headers={**agent, "Lock-Token": token}))[0] == 204
    status, _, text = await client.send("PROPFIND", "", ask, {**agent, "Depth": "1"})
    assert names_in(text)[1:] == ["Été à Béziers.pdf"]
    status, headers, text = await client.send("GET", name, headers={**agent, "Range": "bytes=149990-"})
    assert (status, text, headers["Content-Range"]) == (206, "x" * 10, "bytes 149990-149999/150000")
    assert (await client.send("DELETE", name, headers=agent))[0] == 204
