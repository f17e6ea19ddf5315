"""A local server that answers as told, and keeps what it was sent."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class Reply:
    """One answer. ``cut`` closes the connection after reading, ``drip`` never ends."""

    status: int = 200
    body: bytes = b"{}"
    headers: Mapping[str, str] = field(default_factory=dict)
    cut: bool = False
    drip: bool = False
    half: bool = False


@dataclass
class Received:
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


class Sink:
    """What the server will say, and what it heard. Replies run out into 200 ``{}``."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.received: list[Received] = []
        self.replies: list[Reply] = []
        self.otherwise = Reply()
        self.connections = 0
        self.release = threading.Event()
        self.lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def allowed(self) -> str:
        return f"127.0.0.1:{self.port}"


@contextmanager
def local_server() -> Iterator[Sink]:
    class Handler(BaseHTTPRequestHandler):
        def setup(self) -> None:
            sink.connections += 1
            super().setup()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            with sink.lock:
                sink.received.append(Received(self.command, self.path, headers, body))
                reply = sink.replies.pop(0) if sink.replies else sink.otherwise
            if reply.cut:
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            if reply.drip:
                self.connection.sendall(b"HTTP/1.1 200 OK\r\n")
                while not sink.release.wait(0.05):
                    try:
                        self.connection.sendall(b"X: y\r\n")
                    except OSError:
                        return
                return
            self.send_response(reply.status)
            length = len(reply.body) + (10 if reply.half else 0)
            for name, value in {**reply.headers, "Content-Length": str(length)}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        do_GET = do_POST  # noqa: N815

        def log_message(self, *_: Any) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            """Say nothing: clients are killed and cut on purpose."""

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    sink = Sink(server.server_address[1])
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield sink
    finally:
        sink.release.set()
        server.shutdown()
        thread.join()
        server.server_close()
