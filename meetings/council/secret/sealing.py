"""The envelopes of a secret ballot, and the program that makes their keys and opens them (ADR 76).

Inside: RSA-OAEP under the ballot's public key, closed by the voter's browser. Outside: AES-256-GCM under the ballot's
seal, closed by the server, so that nothing of what is stored rests on a key that voters were given. What opens is only
ever in the memory of this program (`python -m meetings.council.secret.sealing make|count FOLDER BALLOT`), which the
server starts and which ends. It imports nothing of ours.
"""

import base64
import json
import os
import resource
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
    load_der_public_key,
)

BITS = 3072
INNER_BYTES = BITS // 8
CHOICE_BYTES = 2
SEAL_BYTES = 32
NONCE_BYTES = 12
NULL = "null"  # what was no choice of this ballot when it was opened


def _padding() -> padding.OAEP:
    return padding.OAEP(padding.MGF1(SHA256()), SHA256(), None)


def seal_inner(public: bytes, choice: str) -> bytes:
    """A choice of two characters for the ballot's public key (SPKI); what a browser with scripts does by itself."""
    key = load_der_public_key(public)
    assert isinstance(key, rsa.RSAPublicKey)
    plain = choice.encode("ascii")
    assert len(plain) == CHOICE_BYTES
    return key.encrypt(plain, _padding())


def seal_outer(seal: bytes, ballot: bytes, inner: bytes) -> bytes:
    """The inner envelope in the outer one, which holds for this ballot alone."""
    nonce = os.urandom(NONCE_BYTES)
    return nonce + AESGCM(seal).encrypt(nonce, inner, ballot)


def files_of(folder: Path, ballot: str) -> tuple[Path, Path]:
    """Where the seal and the private key of a ballot lie."""
    return folder / f"{ballot}.seal", folder / f"{ballot}.open"


def make(folder: Path, ballot: str) -> bytes:
    """Make both keys of a ballot; gives the public one. On the disk before it returns."""
    seal, opening = files_of(folder, ballot)
    key = rsa.generate_private_key(65537, BITS)
    write_synced(seal, os.urandom(SEAL_BYTES))
    write_synced(opening, key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption()))
    sync_folder(folder)
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def count(folder: Path, ballot: str, sealed: Iterable[bytes]) -> Counter[str]:
    """How often each choice is in the envelopes; those that hold none count as null."""
    seal, opening = files_of(folder, ballot)
    outer, key = AESGCM(seal.read_bytes()), load_der_private_key(opening.read_bytes(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    found: Counter[str] = Counter()
    for one in sealed:
        try:
            inner = outer.decrypt(one[:NONCE_BYTES], one[NONCE_BYTES:], bytes.fromhex(ballot))
            found[key.decrypt(inner, _padding()).decode("ascii")] += 1
        except (InvalidTag, ValueError):
            found[NULL] += 1
    return found


def write_synced(path: Path, content: bytes) -> None:
    """A file that its owner alone reads, on the disk."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """What was made or taken away in this folder is so after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def main(verb: str, folder: str, ballot: str) -> None:
    """Envelopes come as a JSON list of Base64; the public key leaves as Base64, totals as JSON."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if verb == "make":
        sys.stdout.write(base64.b64encode(make(Path(folder), ballot)).decode())
    else:
        sealed = [base64.b64decode(one) for one in json.load(sys.stdin)]
        sys.stdout.write(json.dumps(count(Path(folder), ballot, sealed)))


if __name__ == "__main__":
    main(*sys.argv[1:])
