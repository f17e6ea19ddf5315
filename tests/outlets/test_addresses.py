"""No form of an internal address gets a connection (SSRF), and a name that changes its mind neither."""

from __future__ import annotations

import socket
from ipaddress import ip_address

import pytest

from feedback_nlp.outlets.addresses import NotAllowed, check, is_public
from feedback_nlp.outlets.client import Client, NotReached
from tests.outlets.local_server import Sink

#: What the names of the list below would resolve to, if a hostile DNS server answered.
NAMES = {
    "localtest.me": ["127.0.0.1"],
    "127.0.0.1.nip.io": ["127.0.0.1"],
    "metadata.google.internal": ["169.254.169.254"],
    "metadata": ["169.254.169.254"],
    "intranet.example": ["10.1.2.3"],
    "six.example": ["::1"],
    "mapped.example": ["::ffff:10.0.0.1"],
    "half.example": ["93.184.216.34", "127.0.0.1"],
    "aliyun.example": ["100.100.100.200"],
    "azure.example": ["168.63.129.16"],
    "ula.example": ["fd00:ec2::254"],
}
FORBIDDEN = [
    # loopback, in the forms that inet_aton takes
    "http://127.0.0.1/",
    "http://127.1/",
    "http://127.0.1/",
    "http://127.127.127.127/",
    "http://2130706433/",
    "http://0x7f000001/",
    "http://0x7f.0.0.1/",
    "http://0x7f.1/",
    "http://0177.0.0.1/",
    "http://017700000001/",
    "http://0/",
    "http://0.0.0.0/",
    "http://localhost/",
    "http://LOCALHOST/",
    "http://localhost./",
    "http://127.0.0.1./",
    "https://127.0.0.1/",
    # private, shared, link-local, metadata, reserved
    "http://10.0.0.1/",
    "http://10.1/",
    "http://172.16.0.1/",
    "http://172.31.255.255/",
    "http://192.168.0.1/",
    "http://192.168.1/",
    "http://100.64.0.1/",
    "http://100.100.100.200/latest/meta-data/",
    "http://169.254.169.254/latest/meta-data/",
    "http://0xa9fea9fe/",
    "http://2852039166/",
    "http://0251.0376.0251.0376/",
    "http://169.254.170.2/",
    "http://168.63.129.16/",
    "http://192.0.0.192/",
    "http://192.0.2.1/",
    "http://192.88.99.1/",
    "http://198.18.0.1/",
    "http://198.51.100.1/",
    "http://203.0.113.1/",
    "http://224.0.0.1/",
    "http://239.255.255.250/",
    "http://240.0.0.1/",
    "http://255.255.255.255/",
    # IPv6
    "http://[::1]/",
    "http://[::]/",
    "http://[0:0:0:0:0:0:0:1]/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::ffff:a9fe:a9fe]/",
    "http://[::ffff:10.0.0.1]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[64:ff9b:1::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[2002:a00:1::1]/",
    "http://[2001:0:7f00:1::]/",
    "http://[2001:db8::1]/",
    "http://[fe80::1]/",
    "http://[fe80::1%25lo]/",
    "http://[fec0::1]/",
    "http://[fc00::1]/",
    "http://[fd00:ec2::254]/",
    "http://[ff02::1]/",
    "http://[100::1]/",
    "http://[3fff::1]/",
    "http://[5f00::1]/",
    # names
    *[f"http://{name}/" for name in NAMES],
    # confusing
    "http://example.com@127.0.0.1/",
    "http://127.0.0.1#@example.com/",
    "http://example.com\\@127.0.0.1/",
    "http://127.0.0.1\\.example.com/",
    "http://①②⑦.⓪.⓪.①/",
    "http://127。0。0。1/",
    "http://１２７.0.0.1/",
    "http:///127.0.0.1/",
    "http://127.0.0.1:80:80/",
    "http://[::1",
    "http://127.0.0.1 /",
    " http://127.0.0.1/",
    "http://127.0.0.1\r\nHost: example.com/",
    "//127.0.0.1/",
    "127.0.0.1/",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_INFO",
    "ftp://127.0.0.1/",
    "unix:///var/run/docker.sock",
    "data:text/plain,hello",
    "http://example.com:22/",
    "http://example.com:6379/",
    "",
]


def answers(host: str, port: int) -> list[str]:
    """Numbers as the system reads them; names as a hostile server would."""
    if host in NAMES:
        return NAMES[host]
    if host == "example.com":
        return ["93.184.216.34"]
    if host.lower() == "localhost":
        return ["127.0.0.1"]
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    return [str(entry[4][0]) for entry in found]


@pytest.mark.parametrize("url", FORBIDDEN)
def test_no_connection_is_made_to_an_internal_address(url: str) -> None:
    made: list[tuple[str, int]] = []

    def connector(address: tuple[str, int], _timeout: float) -> socket.socket:
        made.append(address)
        raise OSError

    client = Client(resolver=answers, connector=connector)
    with pytest.raises(NotAllowed):
        client.request("POST", url, b"{}")
    assert made == []


def test_the_list_is_long_enough() -> None:
    assert len(set(FORBIDDEN)) >= 60


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "8.8.8.8", "223.5.5.5", "2606:4700::1111", "2400:3200::1"]
)
def test_public_addresses_are_allowed(address: str) -> None:
    assert is_public(ip_address(address))


def test_a_real_socket_hears_nothing(sink: Sink) -> None:
    for host in ("127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001"):
        with pytest.raises(NotAllowed):
            Client().request("POST", f"http://{host}:{sink.port}/", b"{}")
    assert sink.connections == 0


def test_a_name_is_resolved_once_and_the_checked_address_is_called() -> None:
    """DNS rebinding: the second answer would be loopback, and is never asked for."""
    answered = [["93.184.216.34"], ["127.0.0.1"], ["127.0.0.1"]]
    made: list[tuple[str, int]] = []

    def connector(address: tuple[str, int], _timeout: float) -> socket.socket:
        made.append(address)
        raise ConnectionRefusedError

    client = Client(resolver=lambda _host, _port: answered.pop(0), connector=connector)
    with pytest.raises(NotReached):
        client.request("POST", "http://rebinding.example/", b"{}")
    assert made == [("93.184.216.34", 80)]
    assert len(answered) == 2
    with pytest.raises(NotAllowed):
        client.request("POST", "http://rebinding.example/", b"{}")
    assert len(made) == 1


@pytest.mark.parametrize(
    "allowed", ["127.0.0.1:{port}", "localhost:{port}", "127.0.0.0/8:{port}", "[::1]/128:1"]
)
def test_what_is_allowed_by_name_may_be_called(allowed: str, sink: Sink) -> None:
    allow = {allowed.format(port=sink.port)}
    host = "localhost" if "localhost" in allowed else "127.0.0.1"
    if "::1" in allowed:
        with pytest.raises(NotAllowed):
            check(f"http://{host}:{sink.port}/", allow_local=allow)
        return
    target = check(f"http://{host}:{sink.port}/x?y=1", allow_local=allow)
    assert (target.port, target.path) == (sink.port, "/x?y=1")
    with pytest.raises(NotAllowed):
        check(f"http://{host}:{sink.port + 1}/", allow_local=allow)
