"""An entry as the directory sent it: what client.py gives and mapping.py understands."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """The DN as written and the raw values; the names of attributes are in lower case."""

    dn: str
    attributes: Mapping[str, list[bytes]]
