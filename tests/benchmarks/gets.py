"""What each GET of the API costs on a large database, and how that grows with its rows.

Every address that the API documents is asked for in turn, the digest also right after a post,
which makes it cold. Both databases hold as much a week, so what asks for one week must cost
the same in either. The service is asked once it has made itself ready (some seconds after its
start, told in the file). The first call of each address counts like the others, and is told by
itself, too: of two hundred calls it is not in the p99.

    python -m tests.benchmarks.gets --rows 30000 300000 -o docs/benchmarks/gets.json
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
import uuid
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from feedback_nlp.store import Database
from tests.benchmarks.hardware import hardware
from tests.benchmarks.many_rows import fill
from tests.benchmarks.posting import served, until_idle

WEEK = "2026-W46"
LISTS = (
    "/v1/feedback",
    f"/v1/feedback?week={WEEK}",
    "/v1/feedback?channel=微信",
    "/v1/feedback?channel=没有的渠道",
    "/v1/feedback?sentiment=neg&intent=bug",
    "/v1/feedback?topic=3",
    "/v1/feedback?q=闪退",
    "/v1/feedback?q=没有的词",
    "/v1/alerts",
    "/v1/themes",
    "/v1/topics",
    f"/v1/topics?week={WEEK}",
    "/v1/topics/3",
    "/v1/topics/similar",
    "/v1/requests",
    "/v1/requests?status=new",
    "/v1/requests/REQ-1",
    "/v1/requests/REQ-1/verification",
    "/v1/requests/REQ-1/evidence",
    "/v1/requests/REQ-1/card",
    "/v1/decline-reasons",
    "/v1/loop",
    "/v1/outbox",
    "/v1/outlets",
    "/v1/notices",
    "/v1/requests/REQ-1/notices/preview",
    "/v1/notice-settings",
    "/v1/lexicon",
    "/v1/lexicon/preview?word=闪退",
    "/v1/runs",
    "/v1/audit",
    "/healthz",
    "/readyz",
    "/metrics",
)
DIGESTS = (
    f"/v1/digests/{WEEK}",
    f"/v1/digests/{WEEK}?format=md",
    f"/v1/digests/{WEEK}?format=html",
    f"/v1/digests/{WEEK}?format=xlsx",
    "/v1/lexicon/suggestions",
)


class Service:
    """Asks the served process, one address at a time."""

    def __init__(self, port: int) -> None:
        self._port = port

    def seconds(self, address: str, body: str | None = None) -> float:
        """Return how long the answer took; it must be a good one."""
        connection = HTTPConnection("127.0.0.1", self._port, timeout=300)
        start = time.perf_counter()
        encoded = "".join(
            c if c.isascii() else "".join(f"%{b:02X}" for b in c.encode()) for c in address
        )
        connection.request(
            "POST" if body else "GET", encoded, body, {"Content-Type": "application/json"}
        )
        answer = connection.getresponse()
        said = answer.read()
        taken = time.perf_counter() - start
        connection.close()
        if answer.status != 200:
            raise RuntimeError(f"{address}: {answer.status} {said[:300].decode()}")
        return taken

    def post(self) -> None:
        """Store one item: whatever was kept is old now."""
        item = {"source_key": uuid.uuid4().hex, "text": "一点结算就闪退", "author": "某人"}
        body = {"source": {"name": "反馈页", "kind": "in_app"}, "items": [item]}
        self.seconds("/v1/feedback", json.dumps(body))


def figures(seconds: list[float]) -> dict[str, float]:
    """Return median, p99 (of at most 100 values the largest) and the first, in milliseconds."""
    ordered = sorted(seconds)
    place = min(len(ordered) - 1, int(len(ordered) * 0.99))
    return {
        "first_ms": round(seconds[0] * 1000, 1),
        "p50_ms": round(statistics.median(ordered) * 1000, 1),
        "p99_ms": round(ordered[place] * 1000, 1),
    }


def measure(database: Database, times: int) -> dict[str, Any]:
    """Return for each address what it costs over a database."""
    with served(database.url.render_as_string(hide_password=False)) as (port, pid):
        service = Service(port)
        service.seconds("/healthz")
        found: dict[str, Any] = {"seconds_until_idle": until_idle(pid)}
        for address in LISTS:
            found[address] = figures([service.seconds(address) for _ in range(times)])
        for address in DIGESTS:
            cold = []
            for _ in range(max(5, times // 10)):
                service.post()
                cold.append(service.seconds(address))
            found[f"{address}, right after a post"] = figures(cold)
            found[address] = figures([service.seconds(address) for _ in range(times)])
    return found


def main() -> None:
    """Fill, measure, print; the folder of the databases is gone afterwards."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[30_000, 300_000])
    parser.add_argument("--per-week", type=int, default=3_000)
    parser.add_argument("--times", type=int, default=100)
    parser.add_argument("--database", help="an empty PostgreSQL database; one size only")
    parser.add_argument(
        "--filled", nargs="+", default=[], help="databases filled before, as ROWS=URL; they grow"
    )
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    sizes: dict[int, Any] = {}
    load = os.getloadavg()[1]
    for rows, url in (one.split("=", 1) for one in options.filled):
        sizes[int(rows)] = measure(Database(url), options.times)
    with tempfile.TemporaryDirectory() as folder:
        for rows in () if options.filled else options.rows:
            database = Database(options.database or f"sqlite:///{folder}/{rows}.db")
            database.migrate()
            fill(database, rows, per_week=options.per_week)
            sizes[rows] = measure(database, options.times)
            database.dispose()
    told = {
        "database": "postgresql"
        if "postgresql" in " ".join([options.database or "", *options.filled])
        else "sqlite",
        "load_before": round(load, 1),
        "per_week": options.per_week,
        "hardware": hardware(),
        "rows": sizes,
    }
    text = json.dumps(told, ensure_ascii=False, indent=1) + "\n"
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
