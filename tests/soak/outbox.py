"""The long run of :mod:`tests.soak.outbox_kills`, on SQLite and where ``TEST_DATABASE_URL`` is."""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

from tests.soak.outbox_kills import run


@contextmanager
def _sqlite() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{Path(folder) / 'outbox.db'}"


@contextmanager
def _postgres(server: str) -> Iterator[str]:
    url, name = make_url(server), f"feedback_soak_{os.getpid()}"
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        with admin.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        admin.dispose()


def main() -> None:
    """Exit code 1 if a message was lost or said twice."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=200)
    kills = parser.parse_args().kills
    server = os.environ.get("TEST_DATABASE_URL")
    bad = False
    for name, place in [
        ("sqlite", _sqlite()),
        *([("postgres", _postgres(server))] if server else []),
    ]:
        with place as url:
            counts = run(url, kills)
        print(json.dumps({"database": name, **asdict(counts)}), flush=True)
        bad |= counts.lost > 0 or counts.twice > 0
    sys.exit(bad)


if __name__ == "__main__":
    main()
