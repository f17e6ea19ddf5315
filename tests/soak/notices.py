"""The long run of :mod:`tests.soak.notice_kills`: figures as JSON, exit code 1 for a fault."""

from __future__ import annotations

import argparse
import json
import sys
import time
from pathlib import Path

from tests.soak.databases import fresh_database
from tests.soak.notice_kills import soak


def main() -> None:
    """Run the trial and print its figures; exit code 1 if anything was lost or said twice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=3_000)
    parser.add_argument("--database", help="a PostgreSQL server; a new SQLite file by default")
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    started = time.monotonic()
    with fresh_database(options.database) as url:
        figures = soak(url, kills=options.kills, limit_seconds=options.seconds)
    figures["seconds"] = round(time.monotonic() - started)
    told = json.dumps(figures, ensure_ascii=False, indent=2) + "\n"
    if options.output:
        options.output.write_text(told, encoding="utf-8")
    sys.stdout.write(told)
    sys.exit(bool(figures["lost"] or figures["twice"] or figures["calls_left"]))


if __name__ == "__main__":
    main()
