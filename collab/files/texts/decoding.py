"""Which encoding a text file is in: those that offices in France have written with. Pure.

A detector for all the world's encodings takes short French texts for Turkish or Cyrillic; here it is Unicode when it
can be, else the one of four old encodings that gives the fewest strange letters.
"""

import codecs

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_OLD = ("cp1252", "iso8859-15", "cp850", "mac-roman")  # Windows, Unix, DOS, the Mac; the first of the best
_USUAL = frozenset("àâäçéèêëîïôöùûüÿœæÀÂÄÇÉÈÊËÎÏÔÖÙÛÜŸŒÆ«»’‘“”–—…€°§·\u00a0")
_SAMPLE = 1 << 16


def decode(data: bytes) -> str | None:
    """The text of these bytes, cut where a character is cut at their end; None when it is no text."""
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return data.decode(encoding, "ignore")
    if b"\x00" in data[:_SAMPLE]:
        return _without_mark(data)
    try:
        return codecs.getincrementaldecoder("utf-8")().decode(data)
    except UnicodeDecodeError:
        pass
    best = min(_OLD, key=lambda encoding: _strangeness(data[:_SAMPLE].decode(encoding, "replace")))
    text = data.decode(best, "replace")
    return text if _strangeness(text[:_SAMPLE]) <= len(text[:_SAMPLE]) / 10 else None


def _without_mark(data: bytes) -> str | None:
    """UTF-16 as Windows writes it: every second byte of Latin text is zero."""
    sample = data[:_SAMPLE]
    for encoding, zeros in (("utf-16-le", sample[1::2]), ("utf-16-be", sample[0::2])):
        if zeros and zeros.count(0) > len(zeros) * 0.7:
            return data.decode(encoding, "ignore")
    return None


def _strangeness(text: str) -> int:
    """How many characters are none that French offices use."""
    return sum(char not in _USUAL and (char > "\x7e" or (char < " " and char not in "\t\n\r\f\x1b")) for char in text)
