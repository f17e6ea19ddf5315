"""Where soaks run: a database of their own, on PostgreSQL dropped when they end."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, make_url, text

from feedback_nlp.store import Database


@contextmanager
def fresh_database(server: str | None) -> Iterator[str]:
    """Yield the URL of an empty, migrated database.

    Args:
        server: Any database of a PostgreSQL server whose user may create some; ``None`` for a
            new SQLite file.
    """
    with _on_postgres(server) if server else _on_sqlite() as url:
        database = Database(url)
        database.migrate()
        database.dispose()
        yield url


@contextmanager
def _on_sqlite() -> Iterator[str]:
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{Path(folder) / 'soak.db'}"


@contextmanager
def _on_postgres(server: str) -> Iterator[str]:
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
