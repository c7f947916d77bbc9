"""Settings: file, variables over it, secrets from files, and a clear refusal of everything mistyped."""

from pathlib import Path

import pytest

from collab.core.settings import Settings, SettingsError, load, variables


def test_without_anything_the_defaults_stand() -> None:
    settings = load(None, {"PATH": "/bin"})
    assert settings == Settings()
    assert settings.public_url == "http://127.0.0.1:8080"
    assert not settings.secure


def test_the_file_is_read_and_variables_win(tmp_path: Path) -> None:
    file = tmp_path / "hemicycle.toml"
    file.write_text('[server]\nport = 9000\nhost = "0.0.0.0"\n[ldap]\nservers = ["ldaps://a.test"]\n', encoding="utf-8")
    settings = load(file, {"HEMICYCLE_PORT": "9001", "HEMICYCLE_LDAP_START_TLS": "false"})
    assert (settings.server.host, settings.server.port) == ("0.0.0.0", 9001)
    assert settings.ldap.servers == ["ldaps://a.test"]
    assert settings.ldap.start_tls is False


def test_lists_are_given_with_commas() -> None:
    settings = load(None, {"HEMICYCLE_MEDIA_HOST": "10.0.0.1, ::1", "HEMICYCLE_LDAP_ATTRIBUTES": "title=description"})
    assert settings.media.host == ["10.0.0.1", "::1"]
    assert settings.ldap.attributes == {"title": "description"}


def test_a_secret_is_read_from_its_file(tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text("très secret\n", encoding="utf-8")
    settings = load(None, {"HEMICYCLE_LDAP_PASSWORD_FILE": str(secret)})
    assert settings.ldap.password.get_secret_value() == "très secret"
    assert "très secret" not in repr(settings)


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"HEMICYCLE_SERVR_PORT": "1"}, "HEMICYCLE_SERVER_PORT"),
        ({"HEMICYCLE_LDAP_PASWORD": "x"}, "HEMICYCLE_LDAP_PASSWORD"),
        ({"HEMICYCLE_LDAP_PASSWORD_FILE": "/nowhere/at/all"}, "HEMICYCLE_LDAP_PASSWORD_FILE"),
        ({"HEMICYCLE_PORT": "99999"}, "server.port"),
        ({"HEMICYCLE_PORT": "eighty"}, "server.port"),
        ({"HEMICYCLE_MAIL_TLS": "yes"}, "mail.tls"),
    ],
)
def test_a_mistake_in_the_environment_is_named(environment: dict[str, str], named: str) -> None:
    with pytest.raises(SettingsError, match=named):
        load(None, environment)


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("[server]\nprt = 1\n", "did you mean port"),
        ("[sever]\nport = 1\n", "did you mean server"),
        ("[server\n", "hemicycle.toml"),
        ("port = 1\n", "port: no such setting"),
    ],
)
def test_a_mistake_in_the_file_is_named(tmp_path: Path, text: str, named: str) -> None:
    file = tmp_path / "hemicycle.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError, match=named):
        load(file, {})


def test_a_missing_or_unreadable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nothing\.toml"):
        load(tmp_path / "nothing.toml", {})
    latin = tmp_path / "latin.toml"
    latin.write_bytes('[place]\nname = "Évreux"\n'.encode("latin-1"))
    with pytest.raises(SettingsError, match=r"latin\.toml"):
        load(latin, {})


def test_every_setting_has_a_variable() -> None:
    names = variables()
    for section, field in Settings.model_fields.items():
        for name in getattr(field.annotation, "model_fields", {}):
            assert (section, name) in names.values()
