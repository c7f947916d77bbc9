"""What a client of tus 1.0.0 says."""

import base64

TUS = {"Tus-Resumable": "1.0.0"}


def metadata(**values: object) -> str:
    """The value of Upload-Metadata."""
    return ",".join(f"{key} {base64.b64encode(str(value).encode()).decode()}" for key, value in values.items())
