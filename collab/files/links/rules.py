"""Who may make links to what, as data; which files a box takes; what a link's secret is. Pure."""

import base64
import re
from collections.abc import Collection, Sequence
from uuid import UUID

from collab.files.links.models import Family, Sharing
from collab.files.rules import media_type, split_name
from collab.spaces.access import Can
from collab.spaces.models import DataClass
from directory.sessions.keys import Keys

# What each kind of data allows at most; the owners of a space may be stricter.
BY_CLASS: dict[DataClass, Sharing] = {
    DataClass.ORDINARY: Sharing.EDITORS,
    DataClass.PUBLIC: Sharing.EDITORS,
    DataClass.ARCHIVE: Sharing.OWNERS,
    DataClass.PERSONAL: Sharing.OWNERS,
    DataClass.FINANCIAL: Sharing.OWNERS,
}
# What leaves through a link of these does not leave for ever.
MUST_END = frozenset({DataClass.PERSONAL, DataClass.FINANCIAL})
MOST_DAYS = 90
NEEDED: dict[Sharing, Can | None] = {Sharing.EDITORS: Can.EDIT, Sharing.OWNERS: Can.MANAGE, Sharing.NEVER: None}
_STRICTNESS = list(Sharing)

SECRET = re.compile(r"[A-Za-z0-9_-]{43}")


def sharing_of(data_class: DataClass, chosen: Sharing | None) -> Sharing:
    """Who may make links: what the data allows, or what the owners chose where that is stricter."""
    allowed = BY_CLASS[data_class]
    return max(allowed, chosen or allowed, key=_STRICTNESS.index)


def choices_of(data_class: DataClass) -> Sequence[Sharing]:
    """What the owners may choose from."""
    return _STRICTNESS[_STRICTNESS.index(BY_CLASS[data_class]) :]


def secret_of(keys: Keys, link_id: UUID) -> str:
    """The secret of a link: 256 bits that only the key of the data folder gives."""
    return base64.urlsafe_b64encode(bytes.fromhex(keys.name("share link", str(link_id)))).rstrip(b"=").decode()


def proof_of(keys: Keys, link_id: UUID, password_hash: str) -> str:
    """What a browser keeps once the password was right: worth nothing elsewhere, nor when the password changes."""
    return keys.name("link unlocked", f"{link_id}:{password_hash}")


_FAMILIES: dict[Family, re.Pattern[str]] = {
    Family.PDF: re.compile(r"application/pdf"),
    Family.OFFICE: re.compile(
        r"application/(msword|rtf|vnd\.(ms-|oasis\.opendocument|openxmlformats).*)|text/(csv|markdown)"
    ),
    Family.IMAGE: re.compile(r"image/.*"),
    Family.TEXT: re.compile(r"text/(plain|csv|markdown)"),
    Family.SOUND: re.compile(r"audio/.*"),
    Family.FILM: re.compile(r"video/.*"),
}
_ARCHIVES = frozenset({".zip", ".7z", ".tar", ".tar.gz", ".tgz", ".tar.xz", ".tar.bz2"})


def is_taken(name: str, families: Collection[Family]) -> bool:
    """Whether a box that is limited to these takes a file of this name; all when there are none."""
    kind, suffix = media_type(name), split_name(name)[1].lower()
    return not families or any(
        suffix in _ARCHIVES if family is Family.ARCHIVE else _FAMILIES[family].fullmatch(kind) for family in families
    )


# What browsers show by themselves and that runs nothing. SVG is no picture here: it is a document with scripts.
_SHOWN = re.compile(r"application/pdf|text/plain|image/(png|jpeg|gif|webp|avif|bmp)|(audio|video)/.+")


def is_shown(kind: str) -> bool:
    """Whether a file of this media type can be seen in the browser."""
    return _SHOWN.fullmatch(kind) is not None
