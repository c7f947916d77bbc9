"""Distinguished names in one comparable form (RFC 4514, section 3), pure.

A directory writes the same name in several ways: `CN=Dupont\\, Jr.`, `cn=Dupont\\2C Jr.`, with or without spaces after
commas, in any case. Group members and parents are found by comparing these.
"""

import re

Dn = tuple[str, ...]

_PLAIN = re.compile(r"""[^\\"+<>;#]*""")
_STRAY = re.compile(r" [,=]|[,=] |^ | $")
_HEX = frozenset("0123456789abcdefABCDEF")


def parse_dn(text: str) -> Dn:
    """The relative names from the leaf to the root, each in its comparable form. Raises ValueError on nonsense."""
    if not text:
        return ()
    if _PLAIN.fullmatch(text) and not _STRAY.search(text):  # as most are, and ten times faster
        parts = tuple(text.casefold().split(","))
        if any(part.find("=") < 1 for part in parts):
            raise ValueError("a part of the DN has no attribute")
        return parts
    return tuple(_rdn(part) for part in _split(text, ",;"))


def _rdn(text: str) -> str:
    """`cn=A+ou=B` with its values decoded and in alphabetical order."""
    values: list[str] = []
    for part in _split(text, "+"):
        name, equals, value = part.partition("=")
        if not equals or not name.strip(" "):
            raise ValueError("a part of the DN has no attribute")
        values.append(f"{name.strip(' ').casefold()}={_value(value)}")
    return "+".join(sorted(values))


def _value(raw: str) -> str:
    """A value without its escapes; what separates is kept escaped, so that two values never read as one."""
    raw = raw.lstrip(" ")
    if len(raw) >= 2 and raw.startswith('"') and raw.rstrip(" ").endswith('"'):
        raw = raw.rstrip(" ")[1:-1]
    octets = bytearray()
    kept = 0  # how much of the end was escaped, and so is not a stray space
    position = 0
    while position < len(raw):
        character = raw[position]
        if character != "\\":
            octets += character.encode()
            position += 1
            continue
        pair = raw[position + 1 : position + 3]
        if len(pair) == 2 and set(pair) <= _HEX:
            octets.append(int(pair, 16))
            position += 3
        elif pair:
            octets += pair[0].encode()
            position += 2
        else:
            raise ValueError("the DN ends in a backslash")
        kept = len(octets)
    value = octets[:kept] + octets[kept:].rstrip(b" ")
    text = value.decode("utf-8", "surrogateescape").casefold()
    return "".join("\\" + c if c in ",+\\" else c for c in text)


def _split(text: str, separators: str) -> list[str]:
    """Cut at the separators that are neither escaped nor quoted."""
    parts: list[str] = []
    start = position = 0
    quoted = False
    while position < len(text):
        character = text[position]
        if character == "\\":
            position += 2
            continue
        if character == '"':
            quoted = not quoted
        elif character in separators and not quoted:
            parts.append(text[start:position])
            start = position + 1
        position += 1
    parts.append(text[start:])
    return parts
