"""A served process is killed with SIGKILL while senders post; what it acknowledged must be there."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import pytest
from sqlmodel import select

from feedback_nlp.store import Database
from feedback_nlp.store.tables import Feedback, IngestBatch

_COMMAND = "import typer; from feedback_nlp.cli.serve import serve; typer.run(serve)"
_ROOT = Path(__file__).parents[2]
_KILLS = 2
_ACKNOWLEDGED_BEFORE_KILL = 25
_SENDERS = 3


@contextmanager
def served(database: Database) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A served process and its port; killed at the end if it still runs."""
    process = subprocess.Popen(
        [sys.executable, "-c", _COMMAND, "--port", "0"],
        env={
            **os.environ,
            "FEEDBACK_DATABASE_URL": database.url.render_as_string(hide_password=False),
            "PYTHONPATH": os.pathsep.join([str(_ROOT), str(_ROOT / "api")]),
        },
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    with process:  # closes the pipe and waits
        assert process.stderr is not None
        drain = threading.Thread(target=process.stderr.read, daemon=True)
        try:
            urls = (re.search(r"http://127\.0\.0\.1:(\d+)", line) for line in process.stderr)
            found = next(filter(None, urls), None)
            assert found is not None, f"the service did not start, exit code {process.wait()}"
            drain.start()  # keeps the pipe empty
            yield process, int(found[1])
        finally:
            process.kill()
            process.wait(timeout=10)
            if drain.ident:
                drain.join(timeout=10)


class Sender(threading.Thread):
    """Posts numbered items, two a call, and keeps those that were acknowledged."""

    def __init__(self, port: int, first: int, enough: threading.Semaphore) -> None:
        super().__init__(daemon=True)
        self.port = port
        self.first = first
        self.enough = enough
        self.acknowledged: list[str] = []

    def run(self) -> None:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=20)
        number = self.first
        while True:
            keys = [f"{number}-a", f"{number}-b"]
            body = json.dumps(
                {
                    "source": {"name": "压测", "kind": "support"},
                    "items": [{"source_key": key, "text": f"第 {key} 条反馈"} for key in keys],
                }
            )
            try:
                connection.request(
                    "POST", "/v1/feedback", body, {"Content-Type": "application/json"}
                )
                with connection.getresponse() as response:  # killed amid it: still closed
                    response.read()
            except (OSError, HTTPException):  # killed
                connection.close()
                return
            assert response.status == 200
            self.acknowledged += keys
            self.enough.release()
            number += 1


def test_acknowledged_means_stored(database: Database) -> None:
    acknowledged: list[str] = []
    for kill in range(_KILLS):
        enough = threading.Semaphore(0)
        with served(database) as (_, port):
            senders = [
                Sender(port, (kill * _SENDERS + number) * 1_000_000, enough)
                for number in range(_SENDERS)
            ]
            for sender in senders:
                sender.start()
            for _ in range(_ACKNOWLEDGED_BEFORE_KILL):
                assert enough.acquire(timeout=30)
        for sender in senders:
            sender.join(timeout=30)
            acknowledged += sender.acknowledged
    with database.read() as session:
        stored = session.exec(select(Feedback.source_key)).all()
        batches = session.exec(select(IngestBatch)).all()
        if database.is_sqlite:
            verdict = session.connection().exec_driver_sql("PRAGMA integrity_check").scalar_one()
            assert verdict == "ok"
    assert len(acknowledged) >= _KILLS * _ACKNOWLEDGED_BEFORE_KILL * 2
    assert set(acknowledged) <= set(stored)
    assert len(stored) == len(set(stored))
    # No half posts: each batch brought both of its items.
    assert {batch.accepted_count for batch in batches} == {2}
    assert {batch.status for batch in batches} == {"complete"}


@pytest.mark.slow
def test_it_stops_gracefully(database: Database) -> None:
    with served(database) as (process, port):
        connection = HTTPConnection("127.0.0.1", port, timeout=20)
        connection.request("GET", "/healthz")
        assert connection.getresponse().read()
        connection.close()
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=20) == 0


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.168.1.5", "example.com", "127.0.0.1.evil.com"]
)
def test_without_keys_only_this_machine_is_served(host: str) -> None:
    from feedback_nlp.cli.serve import serve
    from feedback_nlp.errors import InputError

    with pytest.raises(InputError, match="拒绝监听"):
        serve(host=host, keys=False)


def test_a_taken_port_is_one_clear_line() -> None:
    from feedback_api.server import listen
    from feedback_nlp.errors import InputError

    taken = listen("127.0.0.1", 0)
    taken.listen()
    with pytest.raises(InputError, match=r"不能监听 127\.0\.0\.1 的端口"):
        listen("127.0.0.1", taken.getsockname()[1])
    taken.close()


def test_an_answer_does_not_wait_for_its_head_to_be_acknowledged() -> None:
    """Head and body are two writes; Nagle would hold the second back for 40 ms."""
    from feedback_api.server import listen

    async def connected() -> int:
        listener, seen = listen("127.0.0.1", 0), asyncio.get_running_loop().create_future()

        async def meet(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            taken = writer.get_extra_info("socket")
            seen.set_result(taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
            writer.close()

        async with await asyncio.start_server(meet, sock=listener):
            _, writer = await asyncio.open_connection(*listener.getsockname())
            found: int = await asyncio.wait_for(seen, 30)
            writer.close()
            return found

    assert asyncio.run(connected()) == 1
