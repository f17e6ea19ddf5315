"""A small service that really speaks OpenAI's protocol, on the loopback.

Its vectors are hashed character counts: deterministic, and alike for like texts; its
chat says what a test tells it to. It checks what it is sent, keeps a log, and can be
told to misbehave.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

DIMENSIONS = 48


def vector_of(text: str) -> list[float]:
    values = [0.0] * DIMENSIONS
    for character in text:
        digest = hashlib.sha256(character.encode("utf-8", "replace")).digest()
        values[digest[0] % DIMENSIONS] += 1.0 + digest[1] / 255
    return values


@dataclass
class Service:
    """A running service.

    Attributes:
        base_url: What a user would configure.
        requests: (path, headers, body) of each request, in order.
        faults: Status codes to answer with first, one a request.
        retry_after: Sent with each fault if not empty.
        change: Applied to each good answer before it is sent.
        key: Bearer token to insist on, or empty.
        reply: What the chat says to the last message.
    """

    base_url: str = ""
    requests: list[tuple[str, dict[str, str], dict[str, Any]]] = field(default_factory=list)
    faults: list[int] = field(default_factory=list)
    retry_after: str = ""
    change: Callable[[dict[str, Any]], Any] = lambda answer: answer
    key: str = ""
    reply: Callable[[str], str] = lambda _message: "你好"


@contextmanager
def running_service() -> Iterator[Service]:
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            headers = {name.lower(): value for name, value in self.headers.items()}
            service.requests.append((self.path, headers, body))
            if service.faults:
                status = service.faults.pop(0)
                answer: Any = {"error": {"message": f"fault for {headers.get('authorization')}"}}
            elif self.path not in {"/v1/embeddings", "/v1/chat/completions"}:
                status, answer = 404, {"error": {"message": "no such route"}}
            elif service.key and headers.get("authorization") != f"Bearer {service.key}":
                status, answer = 401, {"error": {"message": "bad key"}}
            elif self.path == "/v1/chat/completions":
                if [message["role"] for message in body["messages"]] != ["system", "user"]:
                    status, answer = 400, {"error": {"message": "expected system, user"}}
                else:
                    status, answer = 200, service.change(_completion(body, service.reply))
            elif not all(isinstance(text, str) and text for text in body["input"]):
                status, answer = 400, {"error": {"message": "input must not be empty"}}
            else:
                status, answer = 200, service.change(_answer(body))
            blob = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            if status != 200 and service.retry_after:
                self.send_header("Retry-After", service.retry_after)
            if 300 <= status < 400:
                self.send_header("Location", service.base_url + "/elsewhere")
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(blob)))
            self.end_headers()
            self.wfile.write(blob)

        def log_message(self, *_: Any) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    service.base_url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def _answer(body: dict[str, Any]) -> dict[str, Any]:
    data = [
        {"object": "embedding", "index": index, "embedding": vector_of(text)}
        for index, text in enumerate(body["input"])
    ]
    # The protocol names an index, so the order of the list means nothing.
    return {"object": "list", "data": data[::-1], "model": body["model"], "usage": {}}


def _completion(body: dict[str, Any], reply: Callable[[str], str]) -> dict[str, Any]:
    content = reply(body["messages"][-1]["content"])
    message = {"role": "assistant", "content": content}
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return {"object": "chat.completion", "model": body["model"], "choices": [choice]}
