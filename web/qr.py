"""QR codes as pictures inside a page."""

import segno


def qr_image(text: str) -> str:
    """The text as the `src` of a picture: black on white in both themes, since telephones read that best."""
    code = segno.make(text, error="m", micro=False)
    uri: str = code.svg_data_uri(scale=5, border=4, dark="#000", light="#fff", xmldecl=False)
    return uri
