"""Single posts of feedback against a served process: CPU an item, sustained rate, latency.

``python -m tests.benchmarks.posting -o docs/benchmarks/posting.json`` (about 40 seconds)
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPConnection
from pathlib import Path

_ROOT = Path(__file__).parents[2]
_COMMAND = "import typer; from feedback_nlp.cli.serve import serve; typer.run(serve)"
_WORDS = (
    "一点记账就闪退",
    "退款一直没到账",
    "希望能导出 Excel",
    "客服半天不回，体验太差了",
    "界面清爽",
)


@contextmanager
def served(url: str, settings: Mapping[str, str] | None = None) -> Iterator[tuple[int, int]]:
    """A served process without a worker: its port and its pid."""
    process = subprocess.Popen(
        [sys.executable, "-c", _COMMAND, "--port", "0"],
        env={
            **os.environ,
            "FEEDBACK_DATABASE_URL": url,
            "FEEDBACK_WORKER": "false",
            "PYTHONPATH": os.pathsep.join([str(_ROOT), str(_ROOT / "api")]),
            **(settings or {}),
        },
        stderr=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        assert process.stderr is not None
        found = next(
            filter(None, (re.search(r"http://127\.0\.0\.1:(\d+)", line) for line in process.stderr))
        )
        threading.Thread(target=process.stderr.read, daemon=True).start()
        yield int(found[1]), process.pid
    finally:
        process.terminate()
        process.wait(20)


def cpu_seconds(pid: int) -> float:
    """CPU time of a process so far, all threads."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def until_idle(pid: int) -> float:
    """Wait until a process does nothing any more, at most a minute; return how long it took."""
    began = time.perf_counter()
    used, idle = cpu_seconds(pid), 0
    while idle < 3 and time.perf_counter() - began < 60:
        time.sleep(0.5)
        before, used = used, cpu_seconds(pid)
        idle = idle + 1 if used - before < 0.02 else 0
    return round(time.perf_counter() - began, 1)


def send(port: int, numbers: Iterator[int], start: float, rate: float, stop: float) -> list[float]:
    """Post one item a call at its moment; return the seconds from that moment to the answer."""
    connection, taken = HTTPConnection("127.0.0.1", port, timeout=60), []
    for number in numbers:
        due = start + number / rate if rate else time.perf_counter()
        if due > stop or time.perf_counter() > stop + 5:
            break
        time.sleep(max(0.0, due - time.perf_counter()))
        item = {
            "source_key": f"fb-{start}-{number}",
            "text": f"{_WORDS[number % len(_WORDS)]}，第{number}次了",
            "rating": 1 + number % 5,
            "author": f"user-{number % 977}",
            "app_version": "3.2.0",
        }
        body = json.dumps({"source": {"name": "官网反馈", "kind": "in_app"}, "items": [item]})
        begun = due if rate else time.perf_counter()
        connection.request("POST", "/v1/feedback", body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 200, answer.status
        taken.append(time.perf_counter() - begun)
    connection.close()
    return taken


def measure(port: int, pid: int, *, clients: int, rate: float, seconds: float) -> dict[str, float]:
    """Post for a while; rate 0 is as fast as it goes."""
    start = time.perf_counter()
    before, results = cpu_seconds(pid), []

    def one(first: int) -> None:
        numbers = iter(range(first, 10**9, clients))
        results.append(send(port, numbers, start, rate, start + seconds))

    threads = [threading.Thread(target=one, args=(number,)) for number in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wall = time.perf_counter() - start
    taken = sorted(value for result in results for value in result)
    return {
        "clients": clients,
        "asked_per_second": rate,
        "posts": len(taken),
        "per_second": round(len(taken) / wall, 1),
        "cpu_ms_per_item": round((cpu_seconds(pid) - before) / len(taken) * 1000, 2),
        "p50_ms": round(taken[len(taken) // 2] * 1000, 1),
        "p99_ms": round(taken[int(len(taken) * 0.99)] * 1000, 1),
    }


def main() -> None:
    """Measure and write the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--label", default="now")
    parser.add_argument("--seconds", type=float, default=10.0)
    wanted = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, served(f"sqlite:///{folder}/x.db") as (port, pid):
        measure(port, pid, clients=4, rate=0, seconds=2)  # warm
        figures = {
            "alone": measure(port, pid, clients=1, rate=0, seconds=wanted.seconds / 2),
            "flat_out": measure(port, pid, clients=16, rate=0, seconds=wanted.seconds),
            "at_250": measure(port, pid, clients=32, rate=250, seconds=wanted.seconds),
        }
    report = {
        "machine": f"{platform.machine()}, {os.cpu_count()} shared cores, Python {platform.python_version()}",
        "load_average": os.getloadavg()[0],
        "database": "SQLite, synchronous=FULL",
        **figures,
    }
    known = {}
    if wanted.output and wanted.output.exists():
        known = json.loads(wanted.output.read_text(encoding="utf-8"))
    known[wanted.label] = report
    text = json.dumps(known, ensure_ascii=False, indent=2) + "\n"
    print(text)
    if wanted.output:
        wanted.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
