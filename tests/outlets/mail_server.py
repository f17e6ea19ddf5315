"""A local SMTP server that takes mail, or fails where it is told to."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any


class Mailbox:
    """What arrived; ``faults`` maps a command to the answer it gets, ``cut`` or ``slow``."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.faults: dict[str, str] = {}
        self.recipients: list[str] = []
        self.raw: list[bytes] = []

    @property
    def messages(self) -> list[EmailMessage]:
        return [message_from_bytes(raw, policy=default) for raw in self.raw]


@contextmanager
def mail_server() -> Iterator[Mailbox]:
    stopped = threading.Event()

    class Handler(socketserver.StreamRequestHandler):
        def say(self, text: str) -> None:
            self.wfile.write(text.encode() + b"\r\n")

        def handle(self) -> None:
            self.say("220 sink")
            recipient = ""
            while line := self.rfile.readline():
                command = line[:4].decode().upper().strip()
                fault = box.faults.get(command) or box.faults.get(f"{command} {recipient}")
                if command == "RCPT":
                    recipient = line.decode().partition("<")[2].partition(">")[0]
                    fault = fault or box.faults.get(f"RCPT {recipient}")
                if fault == "cut":
                    return
                if fault == "slow":
                    stopped.wait(5)
                    return
                if fault and command != "DATA":
                    self.say(fault)
                    continue
                if command == "EHLO":
                    self.say("250 sink")
                elif command == "DATA":
                    self.say("354 go on")
                    content = b""
                    while (part := self.rfile.readline()) not in {b".\r\n", b""}:
                        content += part
                    if box.faults.get("SENT") == "cut":
                        box.raw.append(content)
                        return
                    if fault:
                        self.say(fault)
                        continue
                    box.raw.append(content)
                    box.recipients.append(recipient)
                    self.say("250 taken")
                elif command == "QUIT":
                    self.say("221 bye")
                    return
                else:
                    self.say("250 ok")

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address = True
        daemon_threads = True

    with Server(("127.0.0.1", 0), Handler) as server:
        address: Any = server.server_address
        box = Mailbox(address[1])
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield box
        finally:
            stopped.set()
            server.shutdown()
            thread.join()
