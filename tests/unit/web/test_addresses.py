"""Who is believed about where a request comes from."""

from ipaddress import ip_network

import pytest

from web.addresses import client_address

TRUSTED = [ip_network("127.0.0.1"), ip_network("10.0.0.0/8")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "192.0.2.1", "203.0.113.9"),  # not a proxy of ours: may claim nothing
        ("127.0.0.1", "192.0.2.1", "192.0.2.1"),
        ("127.0.0.1", "198.51.100.7, 192.0.2.1", "192.0.2.1"),  # the left part was sent by the client
        ("127.0.0.1", "192.0.2.1, 10.1.2.3", "192.0.2.1"),
        ("127.0.0.1", "2001:db8::1", "2001:db8::1"),
        ("127.0.0.1", "nonsense", "127.0.0.1"),
        ("127.0.0.1", "192.0.2.1:5678", "192.0.2.1"),
        ("127.0.0.1", "192.0.2.1, 10.1.2.3:443", "192.0.2.1"),
        ("127.0.0.1", "[2001:db8::1]:80", "2001:db8::1"),
        ("127.0.0.1", "[2001:db8::1]", "2001:db8::1"),
        ("127.0.0.1", "[nonsense]:80, nonsense:80", "127.0.0.1"),
        ("", "192.0.2.1", ""),
    ],
)
def test_only_trusted_speakers_are_believed(peer: str, forwarded: str, address: str) -> None:
    assert client_address(peer, forwarded, TRUSTED) == address
