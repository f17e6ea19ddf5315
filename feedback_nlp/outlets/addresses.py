"""Which addresses a request may be sent to (SSRF).

A name is resolved once, every address it has is checked, and the connection goes to the
checked address: a name that changes its mind afterwards (DNS rebinding) changes nothing.
``ipaddress`` alone does not decide: Alibaba's metadata service is not ``is_private``, and
NAT64, 6to4 and multicast forms of loopback are ``is_global``.

Source: OWASP ASVS 5.0, 1.3.6; IANA special-purpose address registries.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import urlsplit

from feedback_nlp.errors import ConfigError

Address = IPv4Address | IPv6Address
Resolver = Callable[[str, int], list[str]]

_PORTS = {"http": 80, "https": 443}
_SAFE_URL = re.compile(r"[!-\[\]-~]+")  # printable ASCII without blanks and without backslash
_IPV6_UNICAST = ip_network("2000::/3")
_NEVER = [
    ip_network(text)
    for text in (
        "192.0.0.0/24",  # IETF protocols; some of it counts as global
        "192.88.99.0/24",  # 6to4 relays
        "168.63.129.16/32",  # Azure's wire server: a public address that only guests reach
        "2001::/23",  # Teredo, ORCHID and other protocol assignments
        "2001:db8::/32",
        "2002::/16",  # 6to4: an IPv4 address inside
        "3fff::/20",  # documentation
    )
]


class NotAllowed(ConfigError):
    """An address that requests must not go to."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where one request goes.

    Attributes:
        address: The checked IP address.
        host: The name as written, for ``Host`` and the certificate.
        path: Path and query.
    """

    scheme: str
    host: str
    port: int
    path: str
    address: str


def is_public(address: Address) -> bool:
    """Tell whether an address is a host of the public internet, whatever form it is written in."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return is_public(address.ipv4_mapped)
        if address not in _IPV6_UNICAST or address.scope_id:
            return False
    if not address.is_global or address.is_multicast or address.is_reserved:
        return False
    return not any(address.version == net.version and address in net for net in _NEVER)


def resolve(host: str, port: int) -> list[str]:
    """Ask the system for the addresses of a name.

    Raises:
        OSError: If it has none, or nobody answers.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def check(url: str, *, allow_local: Collection[str] = (), resolver: Resolver = resolve) -> Target:
    """Return where a URL leads, if requests may go there.

    Args:
        url: What to call.
        allow_local: ``host:port`` as written in the URL, or ``network/bits:port``, that may be
            called although it is not public.
        resolver: Looks names up.

    Raises:
        NotAllowed: If they may not.
        OSError: If the name cannot be resolved now.
    """
    host, port, scheme, path = _parts(url)
    named = f"{host}:{port}" in allow_local or f"[{host}]:{port}" in allow_local
    if not named and port not in _PORTS.values() and not _local_port(port, allow_local):
        raise NotAllowed(f"端口 {port} 不在允许之列", hint="只能用 80、443 和放行的内部地址")
    try:
        addresses = resolver(host, port)
    except UnicodeError as error:
        raise NotAllowed("地址里的主机名不可用", hint="检查网址") from error
    if not addresses:
        raise OSError("no address")
    for text in addresses:
        address = ip_address(text)
        if named or _is_in(address, port, allow_local):
            continue
        if port not in _PORTS.values() or not is_public(address):
            raise NotAllowed("地址指向内部网络", hint="确实要发到那里，就把 主机:端口 写进放行清单")
    return Target(scheme, host, port, path, addresses[0])


def _parts(url: str) -> tuple[str, int, str, str]:
    if not _SAFE_URL.fullmatch(url):
        raise NotAllowed("网址里有不能用的字符", hint="检查网址")
    try:
        parts = urlsplit(url)
        port = parts.port
        host = (parts.hostname or "").rstrip(".")
    except ValueError as error:
        raise NotAllowed("网址不完整", hint="例如 https://example.com/hook") from error
    if parts.scheme not in _PORTS or not host:
        raise NotAllowed("只能发到 http 或 https 网址", hint="例如 https://example.com/hook")
    if "@" in parts.netloc or "%" in host:
        raise NotAllowed("网址里不能带用户名或接口名", hint="检查网址")
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return host, _PORTS[parts.scheme] if port is None else port, parts.scheme, path


def _local_port(port: int, allow_local: Collection[str]) -> bool:
    return any(entry.rpartition(":")[2] == str(port) and "/" in entry for entry in allow_local)


def _is_in(address: Address, port: int, allow_local: Collection[str]) -> bool:
    for entry in allow_local:
        network, _, wanted = entry.rpartition(":")
        if "/" in network and wanted == str(port) and address in ip_network(network.strip("[]")):
            return True
    return False
