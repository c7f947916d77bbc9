"""Mail that is owed: a job written with what causes it. The adapter that sends it is web/outbound/mail.py.

A mail's Message-ID follows from its key, so that one sent again after a doubtful answer is recognised by the reader's
program as the same.
"""

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from collab.core import jobs
from collab.core.database import Tx

JOB = "mail.send"


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that goes along; `method` is that of an iTIP calendar part (RFC 6047), shown by mail programs."""

    name: str
    content_type: str
    content: bytes
    method: str = ""


async def queue_mail(
    tx: Tx,
    *,
    to: UUID,
    template: str,
    data: Mapping[str, Any],
    key: str,
    attachments: Sequence[Attachment] = (),
) -> None:
    """Owe a mail to a person, once per `key`. `template`: a name in the mail templates; `data`: JSON values for it."""
    payload = {
        "to": str(to),
        "template": template,
        "data": dict(data),
        "key": key,
        "attachments": [
            {
                "name": part.name,
                "content_type": part.content_type,
                "method": part.method,
                "content": base64.b64encode(part.content).decode(),
            }
            for part in attachments
        ],
    }
    await jobs.enqueue(tx, JOB, payload, key=f"mail:{key}")


def attachments_of(payload: Mapping[str, Any]) -> list[Attachment]:
    """The attachments of a job's payload."""
    return [
        Attachment(part["name"], part["content_type"], base64.b64decode(part["content"]), part["method"])
        for part in payload["attachments"]
    ]
