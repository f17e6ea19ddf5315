"""What each page of the desk costs on a large database while both cores are busy.

Every page is asked for in turn, again and again, while two processes do nothing but compute;
and once right after a post, which makes all that was kept old.

    python -m tests.benchmarks.desk_pages --rows 30000 300000 -o docs/benchmarks/desk_pages.json
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from feedback_nlp.config import load_config
from feedback_nlp.jobs.verify import check_releases
from feedback_nlp.labels import RequestStatus
from feedback_nlp.requests.moving import apply_transition
from feedback_nlp.store import Database
from feedback_nlp.store.tables import AlertRow, IngestBatch
from tests.benchmarks.gets import WEEK, Service
from tests.benchmarks.hardware import hardware
from tests.benchmarks.many_rows import NOW, fill
from tests.benchmarks.posting import served

#: Ids that ``fill`` gives: a topic of much, a request, and two topics that could be one.
PAGES = (
    "/",
    "/?tab=backlog",
    f"/?week={WEEK}",
    f"/week/send?week={WEEK}",
    "/feedback",
    f"/feedback?week={WEEK}",
    f"/feedback?of=people&week={WEEK}&counted=1&topic_id=3",
    "/feedback?of=people&topic_id=3&counted=1",
    "/feedback?of=people&request=REQ-3&counted=1",
    "/feedback?sentiment=neg&intent=bug",
    "/feedback?q=闪退",
    "/feedback?q=没有的词",
    "/feedback/3000",
    "/requests",
    "/requests?view=board",
    "/requests?status=all&w_people=90",
    "/requests/REQ-1",
    "/topics",
    "/topics?kind=praise",
    "/topics/3",
    "/topics/merge?topic=4&into=3",
    "/alerts",
    "/notices",
    "/notices/REQ-1",
    "/data",
    f"/data?of=read&week={WEEK}",
    "/data/batches/1",
    "/data/sample",
    "/people",
    "/login",
)
_BATCH = 5_000


def add_what_pages_show(database: Database) -> None:
    """Add what ``fill`` leaves out: batches, alerts, releases with their verdicts, notices owed."""
    zone = ZoneInfo("Asia/Shanghai")
    with database.write() as session:
        rows = session.scalar(text("SELECT max(id) FROM feedback"))
        for number in range(1, rows // _BATCH + 2):
            session.add(
                IngestBatch(
                    id=number,
                    source_id=1 + number % 5,
                    file_name=f"导出{number}.csv",
                    layout="auto",
                    status="complete",
                    started_at=NOW,
                    read_count=_BATCH,
                    accepted_count=_BATCH,
                )
            )
        session.flush()
        if not database.is_sqlite:  # rows were given their ids
            last = "(SELECT max(id) FROM ingest_batch)"
            session.execute(text(f"SELECT setval('ingest_batch_id_seq', {last})"))
        session.execute(text(f"UPDATE feedback SET batch_id = 1 + id / {_BATCH}"))
        for topic_id in range(1, 31):
            session.add(
                AlertRow(
                    topic_id=topic_id,
                    kind="spike",
                    day="2026-11-11",
                    last_day="2026-11-12",
                    people=40,
                    expected=12.5,
                    days=2,
                    p_value=0.001,
                    created_at=NOW,
                )
            )
        for key in ("REQ-1", "REQ-2"):
            for back, to in ((40, RequestStatus.PLANNED), (25, RequestStatus.RELEASED)):
                at = NOW - timedelta(days=back)
                apply_transition(session, key, to, actor="某人", now=at, reason="排期")
    check_releases(database, load_config(None), zone=zone, now=NOW)


@contextmanager
def busy(cores: int) -> Iterator[None]:
    """Keep so many processes computing while the block runs."""
    context = multiprocessing.get_context("spawn")
    spinning = [context.Process(target=_spin, daemon=True) for _ in range(cores)]
    for process in spinning:
        process.start()
    try:
        yield
    finally:
        for process in spinning:
            process.terminate()
            process.join()


def _spin() -> None:
    value = 1
    while True:
        value = (value * 1_103_515_245 + 12_345) % 2**31


def figures(seconds: list[float]) -> dict[str, float]:
    """Return median, p95 and the largest in milliseconds."""
    ordered = sorted(seconds)
    places = {"p50_ms": 0.5, "p95_ms": 0.95, "max_ms": 1.0}
    return {
        name: round(ordered[min(len(ordered) - 1, int(len(ordered) * at))] * 1000, 1)
        for name, at in places.items()
    }


def measure(database: Database, times: int, cold_times: int, cores: int) -> dict[str, Any]:
    """Return for each page what it costs: as it stands, and right after something was stored."""
    found: dict[str, Any] = {}
    with served(database.url.render_as_string(hide_password=False)) as (port, _pid), busy(cores):
        service = Service(port)
        service.seconds("/healthz")
        for page in PAGES:
            service.seconds(page)
            found[page] = {"kept": figures([service.seconds(page) for _ in range(times)])}
        for page in PAGES:
            seconds = []
            for _ in range(cold_times):
                service.post()
                seconds.append(service.seconds(page))
            found[page]["after_a_post"] = figures(seconds)
    return found


def main() -> None:
    """Fill, measure, print; the folder of the databases is gone afterwards."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[30_000, 300_000])
    parser.add_argument("--per-week", type=int, default=3_000)
    parser.add_argument("--times", type=int, default=60)
    parser.add_argument("--cold-times", type=int, default=20)
    parser.add_argument("--busy", type=int, default=2, help="processes that compute beside it")
    parser.add_argument(
        "--folder", type=Path, help="where databases stay; one that is there is used as it is"
    )
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    sizes = {}
    load_before = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        for rows in options.rows:
            file = (options.folder or Path(folder)) / f"{rows}.db"
            is_made = file.exists()
            database = Database(f"sqlite:///{file}")
            database.migrate()
            if not is_made:
                fill(database, rows, per_week=options.per_week)
                add_what_pages_show(database)
            sizes[rows] = measure(database, options.times, options.cold_times, options.busy)
            database.dispose()
    told = {
        "database": "sqlite",
        "per_week": options.per_week,
        "busy_processes": options.busy,
        "load_average_before": round(load_before, 2),
        "hardware": hardware(),
        "rows": sizes,
    }
    written = json.dumps(told, ensure_ascii=False, indent=1) + "\n"
    if options.output:
        options.output.write_text(written, encoding="utf-8")
    sys.stdout.write(written)


if __name__ == "__main__":
    main()
