"""Databases made once and copied for each test: SQLite files, or PostgreSQL from a template.

``TEST_DATABASE_URL`` (a PostgreSQL URL whose user may create databases) decides which.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

from feedback_nlp.store import Database

_NUMBERS = count()


def copies(folder: Path, fill: Callable[[str], None]) -> Iterator[Callable[[], str]]:
    """Yield a function that copies a database and returns the copy's URL; all go at the end.

    Args:
        folder: For SQLite files.
        fill: Makes what is copied, at the URL it gets: a migrated or a filled database.
    """
    server = os.environ.get("TEST_DATABASE_URL")
    yield from _on_postgres(server, fill) if server else _on_sqlite(folder, fill)


def migrated(url: str) -> None:
    """Give an empty database the present schema."""
    database = Database(url)
    database.migrate()
    database.dispose()  # the last connection folds SQLite's write-ahead log into the file


def _on_sqlite(folder: Path, fill: Callable[[str], None]) -> Iterator[Callable[[], str]]:
    template = folder / "template.db"
    fill(f"sqlite:///{template}")
    blob = template.read_bytes()

    def make() -> str:
        path: Path = folder / f"{next(_NUMBERS)}.db"
        path.touch(0o600)
        path.write_bytes(blob)
        return f"sqlite:///{path}"

    yield make


def _on_postgres(server: str, fill: Callable[[str], None]) -> Iterator[Callable[[], str]]:
    url = make_url(server)
    prefix = f"feedback_test_{os.getpid()}_{next(_NUMBERS)}"
    names = [f"{prefix}_template"]
    admin = create_engine(url, isolation_level="AUTOCOMMIT")

    def run(statement: str) -> None:
        with admin.connect() as connection:
            connection.execute(text(statement))

    def url_of(name: str) -> str:
        return url.set(database=name).render_as_string(hide_password=False)

    def make() -> str:
        names.append(f"{prefix}_{len(names)}")
        run(f"CREATE DATABASE {names[-1]} TEMPLATE {names[0]}")
        return url_of(names[-1])

    run(f"CREATE DATABASE {names[0]}")
    try:
        fill(url_of(names[0]))
        yield make
    finally:
        for name in names:
            run(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
        admin.dispose()
