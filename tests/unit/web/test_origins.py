"""Which origins are ours: the public address alone, or both names of loopback where none is set."""

from collab.core.settings import Settings
from web.origins import own_origins


def test_with_a_public_address_it_alone_is_ours() -> None:
    settings = Settings.model_validate({"server": {"public_url": "https://mairie.example/", "port": 9000}})
    assert own_origins(settings) == {"https://mairie.example"}


def test_on_loopback_both_names_are_ours() -> None:
    settings = Settings.model_validate({"server": {"port": 9000}})
    assert own_origins(settings) == {"http://127.0.0.1:9000", "http://localhost:9000"}


def test_elsewhere_no_other_name_is_believed() -> None:
    settings = Settings.model_validate({"server": {"host": "10.0.0.5", "port": 9000}})
    assert own_origins(settings) == {"http://10.0.0.5:9000"}
