"""Real WebDAV clients against the real server: rclone, cadaver, davfs2 and gio, with hard names and real bytes.

davfs2 mounts through FUSE: it needs root and /dev/fuse, as the packages' own tests do.
"""

import asyncio
import hashlib
import os
import unicodedata
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote, unquote, urlsplit

from tests.support.app import App
from tests.support.dav import DavClient, dav
from tests.support.programs import as_root

NAMES = [
    "Délibération n° 3.txt",
    "a:b?c*.txt",
    "e\u0301te\u0301.txt",
    "100 % & plus + #1;v=2.txt",
    "日本語 😀.odt",
    " espaces ",
]
LARGE = os.urandom(3 << 20)


async def run(*command: str, environ: Mapping[str, str] | None = None, text: str = "", cwd: Path | None = None) -> str:
    """What a program says; it must end well."""
    process = await asyncio.create_subprocess_exec(
        *command,
        env={**os.environ, "LC_ALL": "C.UTF-8", **(environ or {})},
        cwd=cwd,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    async with asyncio.timeout(90):
        output, _ = await process.communicate(text.encode())
    assert process.returncode == 0, f"{command}: {output.decode(errors='replace')}"
    return output.decode(errors="replace")


def local_tree(folder: Path) -> dict[str, bytes]:
    """A folder with hard names, an inner folder and a large file, on the disk of the client."""
    (folder / "Sous-dossier été").mkdir(parents=True)
    tree = {"grand.bin": LARGE, "vide": b""}
    for name in NAMES:
        tree |= {name: name.encode(), f"Sous-dossier été/{name}": b"bas " + name.encode()}
    for path, data in tree.items():
        (folder / path).write_bytes(data)
    return tree


def in_nfc(tree: Mapping[str, bytes]) -> dict[str, bytes]:
    return {unicodedata.normalize("NFC", name): data for name, data in tree.items()}


async def remote_tree(app: App, folder: str) -> dict[str, bytes]:
    """What the API gives of a folder of the space, by path."""
    client, found = await app.bearer("reader"), {}

    async def walk(place: str, path: str) -> None:
        async with client.get(f"/api/v1/spaces/{app.space}/files", params={"folder": place}) as answer:
            items = (await answer.json())["items"]
        for item in items:
            inner = f"{path}{item['name']}"
            if item["kind"] == "folder":
                await walk(item["id"], f"{inner}/")
            else:
                async with client.get(f"/api/v1/files/{item['id']}/content") as answer:
                    found[inner] = await answer.read()

    async with client.get(f"/api/v1/spaces/{app.space}/files") as answer:
        top = next(item for item in (await answer.json())["items"] if item["name"] == folder)
    await walk(top["id"], "")
    return found


async def test_rclone(app: App, tmp_path: Path) -> None:
    client = await dav(app, "editor")
    expected = local_tree(tmp_path / "ici")
    word = (await run("rclone", "obscure", client.password)).strip()
    environ = {
        "RCLONE_CONFIG": str(tmp_path / "none.conf"),
        "RCLONE_CONFIG_H_TYPE": "webdav",
        "RCLONE_CONFIG_H_URL": app.url + client.base,
        "RCLONE_CONFIG_H_VENDOR": "other",
        "RCLONE_CONFIG_H_USER": client.login,
        "RCLONE_CONFIG_H_PASS": word,
    }
    await run("rclone", "copy", str(tmp_path / "ici"), "H:Sauvegarde", environ=environ)
    assert await remote_tree(app, "Sauvegarde") == in_nfc(expected)
    await run("rclone", "check", "--download", "H:Sauvegarde", "H:Sauvegarde", environ=environ)
    await run("rclone", "copy", "H:Sauvegarde", str(tmp_path / "retour"), environ=environ)
    there = tmp_path / "retour"
    back = {str(path.relative_to(there)): path.read_bytes() for path in there.rglob("*") if path.is_file()}
    assert back == in_nfc(expected)
    await run("rclone", "moveto", "H:Sauvegarde/grand.bin", "H:Sauvegarde/Sous-dossier été/grand.bin", environ=environ)
    await run("rclone", "copyto", "H:Sauvegarde/vide", "H:Sauvegarde/vide 2", environ=environ)
    about = await run("rclone", "about", "H:", environ=environ)
    assert "Used:" in about
    await run("rclone", "purge", "H:Sauvegarde/Sous-dossier été", environ=environ)
    assert set(await remote_tree(app, "Sauvegarde")) == (
        {name for name in in_nfc(expected) if "/" not in name} - {"grand.bin"} | {"vide 2"}
    )


async def test_cadaver(app: App, tmp_path: Path) -> None:
    client = await dav(app, "editor")
    host = urlsplit(app.url)
    (tmp_path / ".netrc").write_text(f"machine {host.hostname} login {client.login} password {client.password}\n")
    (tmp_path / ".netrc").chmod(0o600)
    (tmp_path / "été n° 1.txt").write_bytes(b"un")
    (tmp_path / "grand.bin").write_bytes(LARGE)
    script = "\n".join([
        "mkcol Plans", "cd Plans", 'put "été n° 1.txt"', "put grand.bin", 'move "été n° 1.txt" autre.txt',
        "copy autre.txt copie.txt", "lock copie.txt", "discover copie.txt", "unlock copie.txt",
        "propset autre.txt couleur bleu", "propget autre.txt couleur", "get grand.bin retour.bin", "delete copie.txt",
        "ls", "quit", "",
    ])  # fmt: skip
    said = await run("cadaver", app.url + client.base, environ={"HOME": str(tmp_path)}, text=script, cwd=tmp_path)
    assert "failed" not in said.lower(), said
    assert "bleu" in said
    assert (tmp_path / "retour.bin").read_bytes() == LARGE
    assert await remote_tree(app, "Plans") == {"autre.txt": b"un", "grand.bin": LARGE}


@asynccontextmanager
async def mounted(app: App, client: DavClient) -> AsyncIterator[Path]:
    """The space as a folder of this machine, by davfs2, whose cache belongs to a user of its own."""
    with TemporaryDirectory(prefix="davfs2-", dir="/tmp") as name:
        folder = Path(name)
        folder.chmod(0o755)
        mount, cache, config, secrets = folder / "mount", folder / "cache", folder / "conf", folder / "secrets"
        mount.mkdir()
        await run(*as_root("install", "-d", "-m", "1775", "-o", "root", "-g", "davfs2", str(cache)))
        secrets.write_text(f'"{mount}" {client.login} {client.password}\n')
        config.write_text(
            f"ask_auth 0\nsecrets {secrets}\ncache_dir {cache}\nuse_locks 1\n"
            "delay_upload 0\ngui_optimize 0\ndir_refresh 1\nfile_refresh 1\n"
        )
        for path in (secrets, config):
            path.chmod(0o600)
            await run(*as_root("chown", "root:root", str(path)))
        options = f"conf={config},uid={os.getuid()},gid={os.getgid()},rw"
        # it escapes the address by itself
        await run(*as_root("mount.davfs", "-o", options, app.url + unquote(client.base), str(mount)))
        try:
            yield mount
        finally:
            await run(*as_root("umount", str(mount)))
            await run(*as_root("rm", "-rf", str(cache), str(secrets), str(config)))


async def test_davfs2(app: App) -> None:
    client = await dav(app, "editor")
    async with mounted(app, client) as mount:

        def work() -> dict[str, bytes]:
            expected = local_tree(mount / "Dossier")
            (mount / "Dossier" / "grand.bin").rename(mount / "Dossier" / "Sous-dossier été" / "grand.bin")
            (mount / "Dossier" / "vide").unlink()
            with (mount / "Dossier" / NAMES[0]).open("ab") as file:
                file.write(b" fin")
            expected.pop("vide")
            expected["Sous-dossier été/grand.bin"] = expected.pop("grand.bin")
            expected[NAMES[0]] += b" fin"
            return expected

        expected = await asyncio.to_thread(work)
    assert await remote_tree(app, "Dossier") == in_nfc(expected)
    async with mounted(app, client) as mount:

        def read() -> str:
            return hashlib.sha256((mount / "Dossier/Sous-dossier été/grand.bin").read_bytes()).hexdigest()

        assert await asyncio.to_thread(read) == hashlib.sha256(LARGE).hexdigest()


GIO = """
set -e
printf '%s\\n%s\\n' "$DAV_USER" "$DAV_WORD" | gio mount "$DAV_URL"
gio mkdir "${DAV_URL}Gio"
gio copy "$HERE/grand.bin" "${DAV_URL}Gio/grand.bin"
gio copy "$HERE/ete.txt" "${DAV_URL}Gio/$HARD"
gio list "${DAV_URL}Gio"
gio rename "${DAV_URL}Gio/grand.bin" "renomm%C3%A9.bin"
gio move "${DAV_URL}Gio/renomm%25C3%25A9.bin" "${DAV_URL}Gio/deplace.bin"
gio copy "${DAV_URL}Gio/deplace.bin" "$HERE/retour.bin"
gio info "${DAV_URL}Gio/deplace.bin"
gio mount -u "$DAV_URL"
"""


async def test_gio(app: App, tmp_path: Path) -> None:
    client = await dav(app, "editor")
    (tmp_path / "grand.bin").write_bytes(LARGE)
    (tmp_path / "ete.txt").write_bytes(b"chaud")
    (tmp_path / "run").mkdir(mode=0o700)
    environ = {
        "DAV_URL": app.url.replace("http://", "dav://") + client.base,
        "DAV_USER": client.login,
        "DAV_WORD": client.password,
        "HERE": str(tmp_path),
        "HARD": quote("été n° 3 & #.txt"),
        "HOME": str(tmp_path),
        "XDG_RUNTIME_DIR": str(tmp_path / "run"),
        "GVFS_DISABLE_FUSE": "1",
    }
    said = await run("dbus-run-session", "--", "bash", "-c", GIO, environ=environ)
    assert "été n° 3 & #.txt" in said
    assert (tmp_path / "retour.bin").read_bytes() == LARGE
    assert await remote_tree(app, "Gio") == {"deplace.bin": LARGE, "été n° 3 & #.txt": b"chaud"}
