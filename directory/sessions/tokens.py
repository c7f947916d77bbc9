"""Random secrets and what is kept of them. Pure but for the randomness."""

import hashlib
import re
import secrets

API_PREFIX = "hct_"  # so that a scanner for leaked secrets knows one
LETTERS = "abcdefghijkmnopqrstuvwxyz"  # no l, which looks like 1 and I
SESSION = re.compile(r"[A-Za-z0-9_-]{43}")


def new_session() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def new_api_token() -> str:
    """256 random bits behind a known prefix."""
    return API_PREFIX + secrets.token_urlsafe(32)


def new_letters() -> str:
    """Sixteen letters in four groups, 74 random bits: application passwords and recovery codes."""
    letters = [secrets.choice(LETTERS) for _ in range(16)]
    return "-".join("".join(letters[start : start + 4]) for start in range(0, 16, 4))


def plain_letters(typed: str) -> str:
    """What was typed without the spaces and dashes between its groups."""
    return "".join(char for char in typed.lower() if char not in " -\u00a0")


def digest(secret: str) -> str:
    """What is kept of a random secret: SHA-256, hexadecimal."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
