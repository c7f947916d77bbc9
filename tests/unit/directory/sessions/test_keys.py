"""The key of the data folder."""

from pathlib import Path

import pytest

from directory.sessions.keys import KeyFault, Keys


def test_the_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    keys = Keys.load(tmp_path)
    file = tmp_path / "keys" / "sessions.key"
    assert file.stat().st_mode & 0o777 == 0o600
    sealed = keys.seal(b"secret", b"somebody")
    assert b"secret" not in sealed
    again = Keys.load(tmp_path)
    assert again.open(sealed, b"somebody") == b"secret"
    assert again.name("address", "192.0.2.1") == keys.name("address", "192.0.2.1") != keys.name("login", "192.0.2.1")
    with pytest.raises(KeyFault):
        again.open(sealed, b"somebody else")
    assert [entry.name for entry in file.parent.iterdir()] == ["sessions.key"]


def test_a_key_of_another_folder_opens_nothing(tmp_path: Path) -> None:
    sealed = Keys.load(tmp_path / "a").seal(b"secret", b"x")
    with pytest.raises(KeyFault):
        Keys.load(tmp_path / "b").open(sealed, b"x")
    (tmp_path / "a/keys/sessions.key").write_bytes(b"short")
    with pytest.raises(KeyFault):
        Keys.load(tmp_path / "a")
