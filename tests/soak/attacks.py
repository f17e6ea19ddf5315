"""Hostile texts, hostile bodies, half-open connections, and two hosts that analyse at once.

Everything talks to a service on loopback and a database of its own.

    python -m tests.soak.attacks [--database URL] [-o FILE]
"""

from __future__ import annotations

import argparse
import json
import os
import random
import resource
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from sqlmodel import func, select

from feedback_nlp.store import Database
from feedback_nlp.store.tables import Feedback
from tests.benchmarks.hardware import hardware
from tests.benchmarks.posting import served
from tests.soak.databases import fresh_database
from tests.soak.edits import ROOT, doubled, said

_ANALYSE = """
import socket, sys
socket.gethostname = lambda: sys.argv[1]  # what another host would say
from datetime import UTC, datetime
from feedback_nlp.errors import Conflict
from feedback_nlp.jobs.analyze import run_analysis
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database
from tests.fast_reading import fast_config
try:
    run_analysis(Database(sys.argv[2]), fast_config(), zone=Settings().zone, now=lambda: datetime.now(UTC))
except Conflict as conflict:
    print(conflict.reason)
"""
_LONG = 100_000
_VERY_LONG = 1_000_000
_HALF_OPEN = 600
_ITEMS = {
    "letters and digits": "a1b2c3" * (_LONG // 6),
    "digits": "0123456789" * (_LONG // 10),
    "one letter": "z" * _LONG,
    "beginnings of spam": "com加微" * (_LONG // 5),
    "no sentence ends": "为什么就是不行" * (_LONG // 7),
}
_CHARACTERS = {
    "expand under NFKC": "\ufdfa" * _VERY_LONG,
    "joined emoji": "👩\u200d👩\u200d👧\u200d👦" * (_VERY_LONG // 7),
    "combining marks": "a" + "\u0301" * (_VERY_LONG - 1),
    "full-width digits": "１３８" * (_VERY_LONG // 3),
    "at signs": "@a" * (_VERY_LONG // 2),
}


def _bodies() -> dict[str, tuple[str, bytes]]:
    item = '{"source_key": "k", "text": "闪退", "meta": %s}'
    post = '{"source": {"name": "反馈页", "kind": "in_app"}, "items": [%s]}'
    deep = "[" * 50_000 + "]" * 50_000
    wide = json.dumps({f"k{n}": n for n in range(200_000)})
    many = ", ".join(f'{{"source_key": "m{n}", "text": "x"}}' for n in range(300_000))
    here = "/v1/feedback"
    return {
        "nested 50,000 deep": (here, (post % (item % deep)).encode()),
        "nested 1,500 deep": (here, (post % (item % ("[" * 1_500 + "]" * 1_500))).encode()),
        "200,000 names": (here, (post % (item % wide)).encode()),
        "300,000 items": (here, (post % many).encode()),
        "no UTF-8": (here, (post % (item % "{}")).encode().replace("闪".encode(), b"\xff\xfe")),
        "half a character": (here, (post % (item % '{"a": "\\ud800"}')).encode()),
        "a number of 100,000 digits": (
            here,
            (post % (item % f'{{"a": {"9" * 100_000}}}')).encode(),
        ),
        "100 MB": (here, b" " * 100_000_000),
        "classify: nested": ("/v1/classify", f'{{"texts": {deep}}}'.encode()),
        "classify: long": ("/v1/classify", json.dumps({"texts": ["a1" * 200_000]}).encode()),
    }


def hostile_items(url: str) -> dict[str, Any]:
    """Store five items of 100 kB over the API and analyse them; seconds of the analysis."""
    items = [{"source_key": f"hostile-{n}", "text": text} for n, text in enumerate(_ITEMS.values())]
    with served(url) as (port, _pid):
        status = _post(port, "/v1/feedback", json.dumps(_post_of(items)).encode())[0]
    took = _timed(lambda: _analyse(url, "here").wait(600))
    start = _timed(lambda: _analyse(url, "here").wait(600))  # nothing left to do
    return {"stored": status, **took, "of_which_start": start}


def adversarial_characters(url: str) -> dict[str, Any]:
    """Take in a file with one text of a million characters and analyse it, for each kind."""
    found = {}
    for number, (name, text) in enumerate(_CHARACTERS.items()):
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "one.jsonl"
            path.write_text(json.dumps({"id": f"long-{number}", "text": text}), encoding="utf-8")
            found[name] = {
                "taken_in": _timed(partial(_run, url, "ingest", str(path), "--source", "长文")),
                "analysed": _timed(lambda: _analyse(url, "here").wait(600)),
            }
    start = {
        "taken_in": _timed(lambda: _run(url, "--help")),
        "analysed": _timed(lambda: _analyse(url, "here").wait(600)),
    }
    database = Database(url)
    with database.read() as session:
        stored = session.exec(select(func.count(), func.max(func.length(Feedback.text)))).one()
    database.dispose()
    return {**found, "of_which_start": start, "stored_and_longest": list(stored)}


def hostile_bodies(url: str) -> dict[str, Any]:
    """Send each body to a fresh service; time to the answer, and the service's peak memory."""
    found = {}
    for name, (path, body) in _bodies().items():
        with served(url) as (port, pid):
            if path == "/v1/classify":  # not the loading of models
                _post(port, path, json.dumps({"texts": ["闪退"]}).encode())
            began = time.perf_counter()
            status, _ = _post(port, path, body)
            seconds = round(time.perf_counter() - began, 2)
            found[name] = {"answer": status, "seconds": seconds, "peak_mb": _peak_mb(pid)}
    return found


def half_open(url: str) -> dict[str, Any]:
    """Open 600 connections and say half a request on each; until when are they held?"""
    begun = [b"", b"GET /healthz HTTP/1.1\r\nHost: a\r\n", b"G", b"POST /v1/feedback HTTP/1.1"]
    with served(url) as (port, _pid):
        opened = []
        for number in range(_HALF_OPEN):
            opened.append(socket.create_connection(("127.0.0.1", port), timeout=60))
            opened[-1].sendall(begun[number % len(begun)])
        start, asked = time.perf_counter(), []
        for _ in range(20):
            began = time.perf_counter()
            status = _get(port, "/healthz")
            assert status == 200, status
            asked.append(time.perf_counter() - began)
        held = 0
        for connection in opened:
            try:
                held += connection.recv(1) != b""
            except ConnectionError:
                pass
            except TimeoutError:
                held += 1
        closed = round(time.perf_counter() - start, 1)
    return {
        "connections": _HALF_OPEN,
        "still_held": held,
        "seconds_until_all_closed": closed,
        "healthz_meanwhile_max_ms": round(max(asked) * 1000, 1),
    }


def two_hosts(url: str, rounds: int = 3) -> dict[str, Any]:
    """Let two hosts analyse the same new feedback at the same moment, again and again."""
    refused, keys = 0, set()
    for number in range(rounds):
        items = said(random.Random(number), f"host-{number}", 200)
        with served(url) as (port, _pid):
            assert _post(port, "/v1/feedback", json.dumps(_post_of(items)).encode())[0] == 200
        keys |= {item["source_key"] for item in items}
        both = [_analyse(url, f"host-{name}") for name in "ab"]
        refused += sum("held-elsewhere" in (one.communicate()[0] or "") for one in both)
        assert all(one.returncode == 0 for one in both)
    database = Database(url)
    with database.read() as session:
        twice = doubled(session, keys)
    database.dispose()
    return {"rounds": rounds, "refused_as_held_elsewhere": refused, "lost_or_doubled": twice}


def _post_of(items: list[dict[str, Any]]) -> dict[str, Any]:
    return {"source": {"name": "反馈页", "kind": "in_app"}, "items": items}


def _analyse(url: str, host: str) -> subprocess.Popen[str]:
    path = os.pathsep.join([str(ROOT), str(ROOT / "api")])
    return subprocess.Popen(
        [sys.executable, "-c", _ANALYSE, host, url],
        env={**os.environ, "PYTHONPATH": path, "FEEDBACK_DATABASE_URL": url},
        stdout=subprocess.PIPE,
        text=True,
    )


def _run(url: str, *arguments: str) -> None:
    """Run a command of the product."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "api")])
    subprocess.run(
        [sys.executable, "-c", "from feedback_nlp.cli import main; main()", *arguments],
        env={**os.environ, "PYTHONPATH": path, "FEEDBACK_DATABASE_URL": url},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        check=False,
    )


def _timed(act: Callable[[], Any]) -> dict[str, float]:
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    act()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": round(time.perf_counter() - began, 2), "cpu_seconds": round(cpu, 2)}


def _post(port: int, path: str, body: bytes) -> tuple[int, bytes]:
    connection = HTTPConnection("127.0.0.1", port, timeout=120)
    with suppress(BrokenPipeError, ConnectionResetError):  # refused before all of it was sent
        connection.request("POST", path, body, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    said_ = answer.read()
    connection.close()
    return answer.status, said_


def _get(port: int, path: str) -> int:
    connection = HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", path)
    status = connection.getresponse().status
    connection.close()
    return status


def _peak_mb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmHWM"))


def main() -> None:
    """Run all attacks and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", help="a PostgreSQL server; a new SQLite file by default")
    parser.add_argument("-o", "--output", type=Path)
    asked = parser.parse_args()
    figures: dict[str, Any] = {"database": "postgresql" if asked.database else "sqlite"}
    for attack in (two_hosts, hostile_items, adversarial_characters, hostile_bodies, half_open):
        with fresh_database(asked.database) as url:
            figures[attack.__name__] = attack(url)
    figures |= {"load_average": round(os.getloadavg()[1], 1), "hardware": hardware()}
    text = json.dumps(figures, ensure_ascii=False, indent=2) + "\n"
    if asked.output:
        asked.output.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    sys.exit(bool(figures["two_hosts"]["lost_or_doubled"] or figures["half_open"]["still_held"]))


if __name__ == "__main__":
    main()
