"""Makes pictures of one file; runs apart (collab/files/apart), for files that come from anybody.

Pictures are turned as the camera was held and lose all they say of it, of the place and of the person. PDF is drawn by
pdfium, office files go through LibreOffice, which has no network here: it would fetch what documents link to.
"""

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image, ImageOps

from collab.files.apart.refusal import Refusal
from collab.files.texts.extract import read_text
from collab.files.texts.kinds import TextKind

THUMB = (320, 320)
PICTURE = (2000, 2000)
PAGE = (1400, 2400)
MOST_PIXELS = 120_000_000
MOST_TEXT = 200_000
FORMATS = ("PNG", "JPEG", "GIF", "WEBP", "BMP", "TIFF")
OFFICE_SECONDS = 75
# soffice, with a profile of its own that goes with the folder
SOFFICE = ("soffice", "--headless", "--invisible", "--norestore", "--nologo", "--nodefault", "--nolockcheck")


def answer(request: dict[str, Any], folder: Path) -> dict[str, Any]:
    """`{"do", "file", …}` → `{"parts": {name: file in the folder}, "pages"}`."""
    return _DOINGS[request["do"]](request, folder)


def _picture(request: dict[str, Any], folder: Path) -> dict[str, Any]:
    with Image.open(folder / request["file"], formats=FORMATS) as image:
        if image.width * image.height > MOST_PIXELS:
            raise Refusal("has more pixels than can be shown")
        image.draft("RGB", PICTURE)  # JPEG is made smaller as it is read
        upright = ImageOps.exif_transpose(image)
        upright = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    upright.thumbnail(PICTURE)
    _save(upright, folder / "picture")
    upright.thumbnail(THUMB)
    _save(upright, folder / "thumb")
    return {"parts": {"picture": "picture", "thumb": "thumb"}, "pages": 0}


def _save(image: Image.Image, path: Path) -> None:
    image.save(path, "WEBP", quality=82, method=4, exif=b"", icc_profile=None)


def _pages(request: dict[str, Any], folder: Path) -> dict[str, Any]:
    import pypdfium2

    path = folder / request["file"]
    with path.open("rb") as file:
        if b"%PDF-" not in file.read(1024):
            raise Refusal("is not a PDF")
    document = pypdfium2.PdfDocument(path)
    try:
        document.init_forms()
        count = len(document)
        parts: dict[str, str] = {}
        for number in range(request["first"], min(request["first"] + request["count"], count + 1)):
            image = _draw(document[number - 1])
            _save(image, folder / f"page-{number}")
            parts[f"page-{number}"] = f"page-{number}"
            if number == 1:
                image.thumbnail(THUMB)
                _save(image, folder / "thumb")
                parts["thumb"] = "thumb"
        return {"parts": parts, "pages": count}
    finally:
        document.close()


def _draw(page: Any) -> Image.Image:
    width, height = page.get_size()
    if not (0 < width < 1e5 and 0 < height < 1e5):
        raise Refusal("has a page of no size")
    picture: Image.Image = page.render(scale=min(PAGE[0] / width, PAGE[1] / height)).to_pil().convert("RGB")
    page.close()
    return picture


def _office(request: dict[str, Any], folder: Path) -> dict[str, Any]:
    source = folder / request["file"]
    subprocess.run(  # noqa: S603 - the name is ours, the file is what the fence is for
        [*SOFFICE, f"-env:UserInstallation=file://{folder}/profile", "--convert-to", "pdf", "--outdir", folder, source],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False,
        timeout=OFFICE_SECONDS,
    )  # fmt: skip
    made = source.with_suffix(".pdf")
    if not made.is_file():
        raise Refusal("cannot be read by LibreOffice")
    shown = _pages({**request, "file": made.name}, folder)
    return {"parts": {**shown["parts"], "pdf": made.name}, "pages": shown["pages"]}


def _text(request: dict[str, Any], folder: Path) -> dict[str, Any]:
    kind = TextKind(request["kind"])
    # A page of HTML is shown as it is written.
    text = read_text(folder / request["file"], TextKind.PLAIN if kind is TextKind.HTML else kind)
    (folder / "text").write_text(text[:MOST_TEXT].replace("\x00", ""), encoding="utf-8", errors="replace")
    return {"parts": {"text": "text"}, "pages": 0}


_DOINGS: dict[str, Callable[[dict[str, Any], Path], dict[str, Any]]] = {
    "picture": _picture,
    "pdf": _pages,
    "office": _office,
    "text": _text,
}
