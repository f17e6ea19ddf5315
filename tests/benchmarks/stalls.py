"""Whether posts wait while a worker analyses: p99 of single posts, idle and during, in one run.

Everything in the database is read again, people are counted, topics found and written: all
that an analysis writes is written, at the size that is given. Posts are sent at a fixed pace
whatever becomes of those before, so that a stall is seen by every post that falls into it.

    python -m tests.benchmarks.stalls --rows 300000 -o docs/benchmarks/stalls.json
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.client import HTTPConnection, HTTPException
from itertools import count
from pathlib import Path
from typing import Any

from feedback_nlp.store import Database
from tests.benchmarks.hardware import hardware
from tests.benchmarks.many_rows import fill
from tests.benchmarks.posting import served, until_idle

_SENDERS = 48
_ROOT = Path(__file__).parents[2]
_COMMAND = "from feedback_nlp.cli import main; main()"


@dataclass
class Posts:
    """What became of the posts of one stretch of time."""

    seconds: list[float] = field(default_factory=list)
    failed: dict[str, int] = field(default_factory=dict)
    unsent: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Return the figures, in milliseconds."""
        cuts = statistics.quantiles(self.seconds, n=1000) if len(self.seconds) > 1 else []
        shown = {
            f"p{name}_ms": round(cuts[place - 1] * 1000, 1)
            for name, place in (("50", 500), ("95", 950), ("99", 990), ("99.9", 999))
            if cuts
        }
        longest = round(max(self.seconds, default=0.0) * 1000, 1)
        return {
            "posts": len(self.seconds),
            **shown,
            "max_ms": longest,
            "failed": self.failed,
            "unsent": self.unsent,
        }


class Client:
    """Posts single items at a fixed pace, over connections that are kept."""

    def __init__(self, port: int, rate: float) -> None:
        self._port = port
        self._rate = rate
        self._run = uuid.uuid4().hex[:8]  # a database used again must not hold these keys
        self._numbers = count()
        self._local = threading.local()
        self._lock = threading.Lock()
        self.acknowledged: list[str] = []

    def post_until(self, is_over: Callable[[], bool]) -> Posts:
        """Send ``rate`` posts a second until it is over; what waits for a sender then is dropped."""
        posts = Posts()
        with ThreadPoolExecutor(_SENDERS) as senders:
            started = time.perf_counter()
            for number in count():
                if is_over():
                    break
                due = started + number / self._rate
                time.sleep(max(0.0, due - time.perf_counter()))
                senders.submit(self._post, due, posts)
            senders.shutdown(cancel_futures=True)
            posts.unsent = number - len(posts.seconds) - sum(posts.failed.values())
        return posts

    def _post(self, due: float, posts: Posts) -> None:
        key = f"stall-{self._run}-{next(self._numbers)}"
        item = {"source_key": key, "text": f"第 {key} 单退款一直没到账，催了也没人理"}
        body = json.dumps({"source": {"name": "压测", "kind": "support"}, "items": [item]})
        outcome = self._send(body) or self._send(body) or "closed"
        with self._lock:
            if outcome == "200":
                posts.seconds.append(time.perf_counter() - due)  # waiting for a turn counts
                self.acknowledged.append(key)
            else:
                posts.failed[outcome] = posts.failed.get(outcome, 0) + 1

    def _send(self, body: str) -> str | None:
        """Send it; ``None`` if the service had closed the connection, which it may at any rest."""
        try:
            connection = getattr(self._local, "connection", None) or HTTPConnection(
                "127.0.0.1", self._port, timeout=60
            )
            self._local.connection = connection
            connection.request("POST", "/v1/feedback", body, {"Content-Type": "application/json"})
            answer = connection.getresponse()
            answer.read()
            return str(answer.status)
        except (ConnectionError, HTTPException):
            self._local.connection = None
            return None
        except OSError as error:
            self._local.connection = None
            return type(error).__name__


def _analyse(url: str) -> subprocess.Popen[bytes]:
    path = os.pathsep.join([str(_ROOT), str(_ROOT / "api")])
    return subprocess.Popen(
        ["nice", "-n", "10", sys.executable, "-c", _COMMAND, "analyze", "--depth", "fast"],
        env={
            **os.environ,
            "FEEDBACK_DATABASE_URL": url,
            "PYTHONPATH": path,
            "OMP_NUM_THREADS": "1",
        },
        stdout=subprocess.DEVNULL,
    )


def measure(url: str, rate: float, idle_seconds: float, limit_seconds: float) -> dict[str, Any]:
    """Post to an idle service, then to one whose database is being analysed."""
    with served(url, {"OMP_NUM_THREADS": "1"}) as (port, pid):
        client = Client(port, rate)
        client.post_until(_after(10))  # models, connections, and what is looked up once
        # The week that a service tells itself at its start took a core for half a minute, and
        # made the idle posts slower than those beside an analysis.
        ready_after = until_idle(pid)
        idle = client.post_until(_after(idle_seconds))
        started = time.perf_counter()
        worker = _analyse(url)
        enough = _after(limit_seconds)
        busy = client.post_until(lambda: worker.poll() is not None or enough())
        took = time.perf_counter() - started
        is_complete = worker.poll() == 0
        if worker.poll() is None:
            worker.kill()
        worker.wait()
    stored = _stored(url)
    idle_figures, busy_figures = idle.as_dict(), busy.as_dict()
    return {
        "seconds_until_idle": ready_after,
        "idle": idle_figures,
        "while_analysing": busy_figures,
        "p99_ratio": round(busy_figures["p99_ms"] / idle_figures["p99_ms"], 2),
        "analysis_seconds": round(took, 1),
        "analysis_is_complete": is_complete,
        "acknowledged_and_missing": len(set(client.acknowledged) - stored),
        "load_before": round(os.getloadavg()[2], 1),
    }


def _after(seconds: float) -> Callable[[], bool]:
    end = time.perf_counter() + seconds
    return lambda: time.perf_counter() >= end


def _stored(url: str) -> set[str]:
    database = Database(url)
    with database.read() as session:
        rows = session.connection().exec_driver_sql(
            "SELECT source_key FROM feedback WHERE source_key LIKE 'stall-%%'"
            if not database.is_sqlite
            else "SELECT source_key FROM feedback WHERE source_key LIKE 'stall-%'"
        )
        keys = {row[0] for row in rows}
    database.dispose()
    return keys


def main() -> None:
    """Run the benchmark and print or write its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--rate", type=float, default=40.0, help="posts a second")
    parser.add_argument("--idle", type=float, default=20.0, help="seconds of posting before")
    parser.add_argument("--limit", type=float, default=240.0, help="seconds at most of analysing")
    parser.add_argument("--database", help="an analysed database to use; it is changed")
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = options.database or f"sqlite:///{folder}/many.db"
        if options.database is None:
            database = Database(url)
            database.migrate()
            fill(database, options.rows, per_week=5_000)
            database.dispose()
        figures = measure(url, options.rate, options.idle, options.limit)
    kind = "sqlite" if url.startswith("sqlite") else "postgresql"
    report = {"rows": options.rows, "posts_a_second": options.rate, "database": kind, **figures}
    report["hardware"] = hardware()
    text = json.dumps(report, ensure_ascii=False, indent=2) + "\n"
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
