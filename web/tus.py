"""The resumable upload protocol tus 1.0.0: what its headers say. Pure; web/receiving.py acts on it.

Core, creation, creation-with-upload, expiration, termination and checksum. Names of headers and statuses are those of
the protocol's text.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass

from collab.core.errors import Invalid
from collab.core.i18n import msg
from web.http import BadRequest, PreconditionFailed, WrongType

VERSION = "1.0.0"
BODY = "application/offset+octet-stream"
CHECKSUM_MISMATCH = 460
ALGORITHMS = ("sha256", "sha1")
MOST_METADATA = 16_384

# Every answer under these says which version of the protocol it speaks.
DOORS = ("/api/v1/uploads", "/api/v1/deposits/")
SPOKEN = {"Tus-Resumable": VERSION, "Tus-Version": VERSION}


@dataclass(frozen=True, slots=True)
class Checksum:
    """What the bytes of one request must hash to."""

    algorithm: str
    digest: bytes

    def start(self) -> "hashlib._Hash":
        """A hash to feed."""
        return hashlib.new(self.algorithm, usedforsecurity=False)


def abilities(most_bytes: int) -> dict[str, str]:
    """What an OPTIONS is told."""
    return {
        "Tus-Extension": "creation,creation-with-upload,expiration,termination,checksum",
        "Tus-Max-Size": str(most_bytes),
        "Tus-Checksum-Algorithm": ",".join(ALGORITHMS),
    }


def check_version(headers: Mapping[str, str]) -> None:
    """Raise PreconditionFailed unless the client speaks our version."""
    if headers.get("Tus-Resumable") != VERSION:
        raise PreconditionFailed("tus.version", msg("Say which protocol you speak: send Tus-Resumable: 1.0.0."))


def check_type(content_type: str) -> None:
    """Raise WrongType unless the body is a part of a file."""
    if content_type != BODY:
        raise WrongType("wrong_type", msg("This door takes %(type)s.", type=BODY))


def length_of(headers: Mapping[str, str]) -> int:
    """Upload-Length. Raises BadRequest without one."""
    return _number(headers, "Upload-Length")


def offset_of(headers: Mapping[str, str]) -> int:
    """Upload-Offset. Raises BadRequest without one."""
    return _number(headers, "Upload-Offset")


def _number(headers: Mapping[str, str], name: str) -> int:
    text = headers.get(name, "")
    if not re.fullmatch(r"[0-9]{1,18}", text):
        raise BadRequest("tus.number", msg("The header %(name)s must be a whole number.", name=name))
    return int(text)


def metadata_of(headers: Mapping[str, str]) -> dict[str, str]:
    """Upload-Metadata: pairs of a key and a value in Base64; an empty one, which some clients send, has none.

    Raises Invalid for what is no such list.
    """
    header = headers.get("Upload-Metadata", "").strip()
    if len(header) > MOST_METADATA:
        raise _bad_metadata()
    found: dict[str, str] = {}
    for pair in header.split(",") if header else []:
        key, _, value = pair.strip().partition(" ")
        if not key or not key.isascii() or key in found:
            raise _bad_metadata()
        try:
            found[key] = base64.b64decode(value.strip(), validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError, ValueError):
            raise _bad_metadata() from None
    return found


def _bad_metadata() -> Invalid:
    return Invalid(
        "tus.metadata", msg("Upload-Metadata is not a list of keys with values in Base64."),
        {"Upload-Metadata": msg("This value cannot be accepted.")},
    )  # fmt: skip


def checksum_of(headers: Mapping[str, str]) -> Checksum | None:
    """Upload-Checksum, if there is one. Raises BadRequest for an algorithm that we do not know."""
    header = headers.get("Upload-Checksum")
    if header is None:
        return None
    algorithm, _, value = header.strip().partition(" ")
    try:
        digest = base64.b64decode(value.strip(), validate=True)
    except (binascii.Error, ValueError):
        digest = b""
    if algorithm not in ALGORITHMS or len(digest) != hashlib.new(algorithm, usedforsecurity=False).digest_size:
        raise BadRequest("tus.checksum", msg("Send Upload-Checksum as sha256 or sha1 and the hash in Base64."))
    return Checksum(algorithm, digest)
