"""What text from outside may be: titles without control characters, input models that refuse unknown fields."""

import unicodedata
from typing import Annotated

from annotated_types import MaxLen
from pydantic import AfterValidator, BaseModel, ConfigDict, StringConstraints


class Input(BaseModel):
    """The base of everything that comes from outside: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid")


def _plain_line(value: str) -> str:
    """One line in NFC, without control characters or lone surrogates."""
    value = unicodedata.normalize("NFC", value).strip()
    if not value:
        raise ValueError("must not be empty")
    return _no_control(value, allowed="")


def _plain_text(value: str) -> str:
    """Lines in NFC, without control characters but tabs and line ends."""
    return _no_control(unicodedata.normalize("NFC", value).replace("\r\n", "\n"), allowed="\n\t")


def _no_control(value: str, allowed: str) -> str:
    refused = ("Cc", "Cs") if allowed else ("Cc", "Cs", "Zl", "Zp")
    if any(unicodedata.category(char) in refused and char not in allowed for char in value):
        raise ValueError("must not contain control characters")
    return value


# The length counts again at the end: NFC makes three characters of some.
Title = Annotated[str, StringConstraints(max_length=200), AfterValidator(_plain_line), MaxLen(200)]
Text = Annotated[str, StringConstraints(max_length=20_000), AfterValidator(_plain_text), MaxLen(20_000)]


# Letters that Unicode does not take apart, as people type them who lack them.
_LETTERS = str.maketrans({"đ": "d", "ø": "o", "ł": "l", "ħ": "h", "ı": "i", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d"})


def sort_key(*parts: str) -> str:
    """The parts joined by spaces, without accents or case, for ordering and for finding."""
    decomposed = unicodedata.normalize("NFKD", " ".join(part for part in parts if part))
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return bare.casefold().translate(_LETTERS).strip()
