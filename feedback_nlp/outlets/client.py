"""One HTTP request to an address that was checked, and no more than that.

No redirects, no proxies, no cookies, no compression; a request and its answer have one
time limit together, so a server that drips is cut off; an answer is read up to a limit.
The errors tell apart what matters for sending again: did anything leave?
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException
from typing import Any

from feedback_nlp.outlets.addresses import Resolver, Target, check, resolve

Connector = Callable[[tuple[str, int], float], socket.socket]


class NotReached(Exception):
    """Nothing was sent: the name or the connection failed."""


class Unanswered(Exception):
    """Something was sent, and no whole answer came."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said.

    Attributes:
        headers: Names in lower case.
        body: Cut at the client's limit.
        is_whole: Whether the body is below the limit.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    is_whole: bool = True


@dataclass(frozen=True, slots=True)
class Client:
    """Sends requests to public addresses and to those that are explicitly allowed.

    Attributes:
        allow_local: See :func:`feedback_nlp.outlets.addresses.check`.
        connect_seconds: Limit for the connection.
        total_seconds: Limit from the connection to the end of the answer.
        max_answer_bytes: How much of an answer is read.
        resolver, connector: Replaceable for tests.
    """

    allow_local: Collection[str] = ()
    connect_seconds: float = 10.0
    total_seconds: float = 30.0
    max_answer_bytes: int = 64 * 1024
    resolver: Resolver = resolve
    connector: Connector = socket.create_connection

    def request(
        self,
        method: str,
        url: str,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request.

        Raises:
            NotAllowed: If the address must not be called.
            NotReached: If nothing was sent.
            Unanswered: If it is not known what the server did.
        """
        try:
            target = check(url, allow_local=self.allow_local, resolver=self.resolver)
            raw = self.connector((target.address, target.port), self.connect_seconds)
        except OSError as error:
            raise NotReached(_reason(error)) from error
        handle = raw.dup()  # wrapping the socket takes its descriptor away from it
        is_late = threading.Event()
        watchdog = threading.Timer(self.total_seconds, _cut, [handle, is_late])
        watchdog.daemon = True
        watchdog.start()
        try:
            answer = self._exchange(_secured(raw, target), target, method, body, headers or {})
        finally:
            watchdog.cancel()
            handle.close()
            raw.close()
        if is_late.is_set():  # what was cut off inside its headers looks like an answer
            raise Unanswered("超时")
        return answer

    def _exchange(
        self,
        stream: socket.socket,
        target: Target,
        method: str,
        body: bytes | None,
        headers: Mapping[str, str],
    ) -> Answer:
        connection = HTTPConnection(target.host, target.port)
        connection.sock = stream
        host = f"[{target.host}]" if ":" in target.host else target.host
        port = "" if target.port in {80, 443} else f":{target.port}"
        sent = {"Host": host + port, "User-Agent": "feedback-nlp", "Connection": "close", **headers}
        try:
            stream.settimeout(self.total_seconds)
            connection.request(method, target.path, body, sent)
            response = connection.getresponse()
            content = response.read(self.max_answer_bytes + 1)
        except (OSError, HTTPException) as error:
            raise Unanswered(_reason(error)) from error
        finally:
            connection.close()
        is_whole = len(content) <= self.max_answer_bytes
        if is_whole and response.length:  # read(n) does not complain about a short body
            raise Unanswered("回答只到了一半")
        answered = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, answered, content[: self.max_answer_bytes], is_whole)


def _secured(raw: socket.socket, target: Target) -> Any:
    if target.scheme != "https":
        return raw
    try:
        return ssl.create_default_context().wrap_socket(raw, server_hostname=target.host)
    except OSError as error:  # the certificate, or the handshake
        raise NotReached(_reason(error)) from error


def _cut(stream: socket.socket, is_late: threading.Event) -> None:
    is_late.set()
    with contextlib.suppress(OSError):  # it is closed already
        stream.shutdown(socket.SHUT_RDWR)


def _reason(error: BaseException) -> str:
    """Return the kind of an error: its text may hold the address."""
    if isinstance(error, TimeoutError):
        return "超时"
    if isinstance(error, ConnectionRefusedError):
        return "对方没有接受连接"
    if isinstance(error, socket.gaierror):
        return "域名解析失败"
    if isinstance(error, ssl.SSLError):
        return "证书或加密握手不通过"
    return f"连接中断（{type(error).__name__}）"
