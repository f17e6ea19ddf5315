"""Service and worker are killed in the middle of a job; the job is done and downloaded whole."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from feedback_nlp import Pipeline

pytestmark = pytest.mark.slow
ROWS = 60_000
SAID = (
    "打开就闪退，重装也没用",
    "味道不错，就是等位太久",
    "怎么开发票？",
    "房间干净，隔音太差，半夜吵醒",
)
COMMAND = [sys.executable, "-c", "from feedback_nlp.cli import main; main()", "serve"]


_BOUNDARY = "----feedback"
_FORM = {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"}


def form(content: str) -> bytes:
    """Return a form with one file."""
    head = 'Content-Disposition: form-data; name="file"; filename="a.jsonl"'
    return f"--{_BOUNDARY}\r\n{head}\r\n\r\n{content}\r\n--{_BOUNDARY}--\r\n".encode()


def free_port() -> int:
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def until(answer: Callable[[], Any], seconds: float = 180) -> Any:
    """Ask until there is an answer; a service that is not up yet gives none."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if (found := answer()) is not None:
                return found
        except OSError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"no answer within {seconds} s")


@contextmanager
def service(folder: Path, port: int) -> Iterator[None]:
    """Run service and worker as one group; both are killed at once, without a word."""
    process = subprocess.Popen(
        [*COMMAND, "--port", str(port), "--db", f"sqlite:///{folder}/f.db"],
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "FEEDBACK_SECRET": "s" * 32},
    )
    try:
        yield
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_killed_in_the_middle_of_a_job_all_of_it_is_downloaded(tmp_path: Path) -> None:
    port = free_port()
    lines = [
        json.dumps({"id": n, "text": f"{SAID[n % 4]}（第{n}次）"}, ensure_ascii=False)
        for n in range(ROWS)
    ]
    texts = [json.loads(line)["text"] for line in lines[:200]]
    site = f"http://127.0.0.1:{port}"

    def get(path: str) -> bytes:
        with urllib.request.urlopen(site + path, timeout=120) as answer:
            found: bytes = answer.read()
            return found

    def job() -> dict[str, Any]:
        found: dict[str, Any] = json.loads(get(where))
        return found

    def in_the_middle() -> int | None:
        done: int = (job()["progress"] or {"done": 0})["done"]
        assert done < ROWS
        return done or None

    def is_done() -> dict[str, Any] | None:
        found = job()
        assert found["state"] in ("queued", "running", "done"), found
        return found if found["state"] == "done" else None

    with service(tmp_path, port):
        until(lambda: get("/healthz"))
        sent = urllib.request.Request(f"{site}/v1/jobs", form("\n".join(lines)), _FORM)
        with urllib.request.urlopen(sent, timeout=120) as answer:
            assert answer.status == 202
            where = answer.headers["Location"]
        until(in_the_middle)
    with service(tmp_path, port):
        done = until(is_done, 400)
        got = get(done["download"]).splitlines()
    rows = [json.loads(line) for line in got]
    assert done["attempts"] == 2
    assert [row["id"] for row in rows] == list(range(ROWS))
    assert [row["text"] for row in rows[:200]] == texts
    wanted = [one.as_dict() for one in Pipeline.load().classify(texts)]
    for row, one in zip(rows, wanted, strict=False):
        assert (row["sentiment"], row["units"]) == (one["sentiment"], one["units"])
