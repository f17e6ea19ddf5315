"""What each page of the desk costs on a large database: p50 and p95, warm and right after a post.

    python -m tests.benchmarks.desk_pages --rows 300000 -o docs/benchmarks/desk-pages.json

A post makes everything that is kept old, so that the first reader after it pays for all.
"""

from __future__ import annotations

import argparse
import json
import shutil
import statistics
import sys
import tempfile
from pathlib import Path
from typing import Any

from feedback_nlp.store import Database
from tests.benchmarks.gets import WEEK, Service
from tests.benchmarks.hardware import hardware
from tests.benchmarks.many_rows import fill
from tests.benchmarks.posting import served

PAGES = (
    *("/", "/?tab=backlog", f"/?week={WEEK}", "/week/send"),
    *("/requests", "/requests?view=board", "/requests?w_people=100", "/requests/REQ-1"),
    *("/topics", "/topics/3", "/topics/merge?topic=4&into=3"),
    *("/feedback", f"/feedback?of=people&topic_id=3&week={WEEK}&counted=1"),
    *("/feedback?q=闪退", "/feedback?source=微博", "/feedback/100"),
    *("/alerts", "/notices", "/notices/REQ-1", "/data", "/data/sample", "/keys"),
)


def figures(seconds: list[float]) -> dict[str, float]:
    """Return median and p95 in milliseconds; of fewer than 20 values p95 is the largest."""
    ordered = sorted(seconds)
    place = min(len(ordered) - 1, int(len(ordered) * 0.95))
    return {
        "p50_ms": round(statistics.median(ordered) * 1000, 1),
        "p95_ms": round(ordered[place] * 1000, 1),
    }


def measure(database: Database, times: int) -> dict[str, Any]:
    """Return for each page what it costs: warm, and the first time after a post."""
    found = {}
    with served(database.url.render_as_string(hide_password=False)) as (port, _pid):
        service = Service(port)
        service.seconds("/healthz")
        for page in PAGES:
            cold = []
            for _ in range(max(3, times // 10)):
                service.post()
                cold.append(service.seconds(page))
            warm = figures([service.seconds(page) for _ in range(times)])
            found[page] = {**warm, "after_a_post_p50_ms": figures(cold)["p50_ms"]}
            sys.stderr.write(f"{page} {found[page]}\n")
    return found


def main() -> None:
    """Fill or copy, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--per-week", type=int, default=3_000)
    parser.add_argument("--times", type=int, default=40)
    parser.add_argument("--made", type=Path, help="a database that was filled before; it is copied")
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "many.db"
        if options.made:
            shutil.copy(options.made, path)
        database = Database(f"sqlite:///{path}")
        database.migrate()
        if not options.made:
            fill(database, options.rows, per_week=options.per_week)
        told = {
            "rows": options.rows,
            "hardware": hardware(),
            "pages": measure(database, options.times),
        }
        database.dispose()
    text = json.dumps(told, ensure_ascii=False, indent=1) + "\n"
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
