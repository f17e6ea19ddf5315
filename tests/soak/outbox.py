"""The long run of :mod:`tests.soak.outbox_kills`: counts as JSON, exit code 1 for a fault."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from tests.soak.databases import fresh_database
from tests.soak.outbox_kills import run


def main() -> None:
    """Exit code 1 if a message was lost or said twice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--database", help="a PostgreSQL server; a new SQLite file by default")
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    with fresh_database(options.database) as url:
        counts = run(url, options.kills)
        name = "sqlite" if url.startswith("sqlite") else "postgresql"
    told = json.dumps({"database": name, **asdict(counts)}, indent=2) + "\n"
    if options.output:
        options.output.write_text(told, encoding="utf-8")
    sys.stdout.write(told)
    sys.exit(bool(counts.lost or counts.twice))


if __name__ == "__main__":
    main()
