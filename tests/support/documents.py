"""Files as offices send them, and as attackers do: small, written by hand, with the text or trick that is asked for."""

import io
import stat
import struct
import zipfile
import zlib
from html import escape

from PIL import Image

W = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
S = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
A = "http://schemas.openxmlformats.org/drawingml/2006/main"
P = "http://schemas.openxmlformats.org/presentationml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
OFFICE = "urn:oasis:names:tc:opendocument:xmlns"
ODT = "application/vnd.oasis.opendocument.text"
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>'


def archive(parts: dict[str, str | bytes], *, stored: str = "") -> bytes:
    """A ZIP of these parts; the one named `stored` first and not compressed, as ODF wants its type."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for name, data in parts.items():
            target.writestr(name, data, zipfile.ZIP_STORED if name == stored else zipfile.ZIP_DEFLATED)
    return out.getvalue()


def docx(*paragraphs: str, doctype: str = "", picture_url: str = "") -> bytes:
    """A Word document; `picture_url`: of a picture that is fetched when the document is opened."""
    picture = f"<w:p><w:r>{_drawing()}</w:r></w:p>" if picture_url else ""
    body = "".join(f"<w:p><w:r><w:t>{escape(text, quote=False)}</w:t></w:r></w:p>" for text in paragraphs)
    if doctype:
        body = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in paragraphs)
    linked = (
        f'<Relationship Id="rId9" Type="{R}/image" Target="{escape(picture_url)}" TargetMode="External"/>'
        if picture_url
        else ""
    )
    return archive(
        {
            "[Content_Types].xml": f'{HEAD}<Types xmlns="{TYPES}"><Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
            'ContentType="application/xml"/><Override PartName="/word/document.xml" ContentType="application/vnd.'
            'openxmlformats-officedocument.wordprocessingml.document.main+xml"/></Types>',
            "_rels/.rels": f'{HEAD}<Relationships xmlns="{RELS}"><Relationship Id="rId1" Type="{R}/officeDocument" '
            'Target="word/document.xml"/></Relationships>',
            "word/_rels/document.xml.rels": f'{HEAD}<Relationships xmlns="{RELS}">{linked}</Relationships>',
            "word/document.xml": f'{HEAD}{doctype}<w:document xmlns:w="{W}" xmlns:r="{R}"><w:body>{picture}{body}'
            "</w:body></w:document>",
        }
    )


def _drawing() -> str:
    drawing = "http://schemas.openxmlformats.org/drawingml/2006"
    return (
        f'<w:drawing><wp:inline xmlns:wp="{drawing}/wordprocessingDrawing"><wp:extent cx="990000" cy="792000"/>'
        f'<wp:docPr id="1" name="p"/><a:graphic xmlns:a="{A}"><a:graphicData uri="{drawing}/picture">'
        f'<pic:pic xmlns:pic="{drawing}/picture"><pic:nvPicPr><pic:cNvPr id="0" name="p"/><pic:cNvPicPr/></pic:nvPicPr>'
        '<pic:blipFill><a:blip r:link="rId9"/><a:stretch><a:fillRect/></a:stretch></pic:blipFill><pic:spPr><a:xfrm>'
        '<a:off x="0" y="0"/><a:ext cx="990000" cy="792000"/></a:xfrm><a:prstGeom prst="rect"><a:avLst/></a:prstGeom>'
        "</pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing>"
    )


def odt(*paragraphs: str, picture_url: str = "") -> bytes:
    """A text document of OpenDocument; `picture_url`: of a picture that is fetched when it is opened."""
    picture = (
        f'<text:p><draw:frame svg:width="5cm" svg:height="5cm"><draw:image xlink:href="{escape(picture_url)}" '
        'xlink:type="simple" xlink:show="embed" xlink:actuate="onLoad"/></draw:frame></text:p>'
        if picture_url
        else ""
    )
    body = "".join(f"<text:p>{escape(text, quote=False)}</text:p>" for text in paragraphs)
    return archive(
        {
            "mimetype": ODT,
            "META-INF/manifest.xml": f'{HEAD}<manifest:manifest xmlns:manifest="{OFFICE}:manifest:1.0" '
            f'manifest:version="1.2"><manifest:file-entry manifest:full-path="/" manifest:media-type="{ODT}"/>'
            '<manifest:file-entry manifest:full-path="content.xml" manifest:media-type="text/xml"/>'
            "</manifest:manifest>",
            "content.xml": f'{HEAD}<office:document-content xmlns:office="{OFFICE}:office:1.0" xmlns:text='
            f'"{OFFICE}:text:1.0" xmlns:draw="{OFFICE}:drawing:1.0" xmlns:svg="{OFFICE}:svg-compatible:1.0" '
            f'xmlns:xlink="http://www.w3.org/1999/xlink" office:version="1.2"><office:body><office:text>{picture}{body}'
            "</office:text></office:body></office:document-content>",
        },
        stored="mimetype",
    )


def xlsx(*cells: str) -> bytes:
    """A sheet whose first column holds these texts."""
    strings = "".join(f"<si><t>{escape(cell, quote=False)}</t></si>" for cell in cells)
    rows = "".join(
        f'<row r="{number}"><c r="A{number}" t="s"><v>{number - 1}</v></c></row>' for number in range(1, len(cells) + 1)
    )
    main = "application/vnd.openxmlformats-officedocument.spreadsheetml"
    return archive(
        {
            "[Content_Types].xml": f'{HEAD}<Types xmlns="{TYPES}"><Default Extension="rels" ContentType='
            '"application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" '
            'ContentType="application/xml"/>'
            f'<Override PartName="/xl/workbook.xml" ContentType="{main}.sheet.main+xml"/>'
            f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{main}.worksheet+xml"/>'
            f'<Override PartName="/xl/sharedStrings.xml" ContentType="{main}.sharedStrings+xml"/></Types>',
            "_rels/.rels": f'{HEAD}<Relationships xmlns="{RELS}"><Relationship Id="rId1" Type="{R}/officeDocument" '
            'Target="xl/workbook.xml"/></Relationships>',
            "xl/_rels/workbook.xml.rels": f'{HEAD}<Relationships xmlns="{RELS}"><Relationship Id="rId1" '
            f'Type="{R}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="rId2" Type="{R}/sharedStrings" '
            'Target="sharedStrings.xml"/></Relationships>',
            "xl/workbook.xml": f'{HEAD}<workbook xmlns="{S}" xmlns:r="{R}"><sheets><sheet name="Feuille" sheetId="1" '
            'r:id="rId1"/></sheets></workbook>',
            "xl/worksheets/sheet1.xml": f'{HEAD}<worksheet xmlns="{S}"><sheetData>{rows}</sheetData></worksheet>',
            "xl/sharedStrings.xml": f'{HEAD}<sst xmlns="{S}">{strings}</sst>',
        }
    )


def pptx_slides(*slides: str) -> bytes:
    """The slides of a presentation, as far as their text is read."""
    return archive(
        {
            f"ppt/slides/slide{number}.xml": f'{HEAD}<p:sld xmlns:p="{P}" xmlns:a="{A}"><p:txBody><a:p><a:r><a:t>'
            f"{escape(text, quote=False)}</a:t></a:r></a:p></p:txBody></p:sld>"
            for number, text in enumerate(slides, 1)
        }
    )


def pdf(*pages: str) -> bytes:
    """A PDF whose pages say this, in letters of Latin-1."""
    count = len(pages)
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(count))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {count} >>".encode(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
    ]
    for number, text in enumerate(pages):
        words = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
        stream = f"BT /F1 24 Tf 72 720 Td ({words}) Tj ET".encode("cp1252")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {5 + 2 * number} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>".encode()
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def photo(width: int = 640, height: int = 480, *, turned: bool = False) -> bytes:
    """A JPEG, red at the left; `turned`: held upright, with the place where it was taken in its EXIF."""
    image = Image.new("RGB", (width, height), "blue")
    image.paste("red", (0, 0, width // 2, height))
    exif = Image.Exif()
    if turned:
        exif[0x0112] = 6
        exif[0x010E] = "secret place"
    out = io.BytesIO()
    image.save(out, "JPEG", exif=exif)
    return out.getvalue()


def png_bomb(width: int, height: int) -> bytes:
    """A PNG of a few kilobytes that claims, and has, this many black pixels of one bit."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    row = b"\0" * (1 + (width + 7) // 8)
    data = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def mail(subject: str, body: str, *, html: bool = False) -> bytes:
    """A message in quoted-printable Latin-1, as old programs write it."""
    from email.message import EmailMessage

    message = EmailMessage()
    message["Subject"], message["From"], message["To"] = subject, "Mairie <mairie@commune.example>", "a@b.example"
    message.set_content(body, subtype="html" if html else "plain", charset="iso-8859-1")
    message.add_attachment(b"x", maintype="application", subtype="pdf", filename="pièce jointe.pdf")
    return bytes(message)


def zip_bomb(name: str, size: int = 400 << 20) -> bytes:
    """An office file one part of which unpacks to `size` bytes of XML."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target, target.open(name, "w", force_zip64=True) as part:
        part.write(b"<office><p>")
        for _ in range(size >> 20):
            part.write(b"a" * (1 << 20))
        part.write(b"</p></office>")
    return out.getvalue()


def leads_out() -> bytes:
    """A document that is a link to a file of the machine, beside paths that lead out of it."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for name in ("word/document.xml", "content.xml", "xl/sharedStrings.xml"):
            link = zipfile.ZipInfo(name)
            link.create_system, link.external_attr = 3, (stat.S_IFLNK | 0o777) << 16
            target.writestr(link, "/etc/passwd")
        for name in ("../../../../tmp/leads-out", "/tmp/leads-out", "..\\..\\leads-out", "[Content_Types].xml"):
            target.writestr(name, "<a/>")
    return out.getvalue()
