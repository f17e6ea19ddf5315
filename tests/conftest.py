"""Fixtures every test may use.

The suite runs on SQLite. With ``TEST_DATABASE_URL`` (a PostgreSQL URL whose user may
create databases) the ``database`` fixture gives each test a database of its own there,
cloned from a migrated template: ``make test-postgres``.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from sqlalchemy import create_engine, make_url, text

from feedback_nlp.store import Database

# No test is timed: a busy machine is no reason to fail.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def _no_ambient_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own FEEDBACK_… variables must not change what a test sees."""
    for name in [name for name in os.environ if name.startswith("FEEDBACK_")]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True, scope="session")
def _keys_of_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keys of databases on a server go into the user's data folder; a test has its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        yield


@pytest.fixture(scope="session")
def new_database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    """Return a function that makes a migrated, empty database and returns its URL."""
    server = os.environ.get("TEST_DATABASE_URL")
    maker = _on_postgres(server) if server else _on_sqlite(tmp_path_factory)
    yield from maker


@pytest.fixture
def database(new_database_url: Callable[[], str]) -> Iterator[Database]:
    """An empty database with the present schema."""
    database = Database(new_database_url())
    yield database
    database.dispose()


def _on_sqlite(factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    folder = factory.mktemp("databases")
    template = folder / "template.db"
    database = Database(f"sqlite:///{template}")
    database.migrate()
    database.dispose()  # the last connection folds the write-ahead log into the file
    blob, numbers = template.read_bytes(), count()

    def make() -> str:
        path: Path = folder / f"{next(numbers)}.db"
        path.touch(0o600)
        path.write_bytes(blob)
        return f"sqlite:///{path}"

    yield make


def _on_postgres(server: str) -> Iterator[Callable[[], str]]:
    url = make_url(server)
    prefix, numbers = f"feedback_test_{os.getpid()}", count()
    names = [f"{prefix}_template"]
    admin = create_engine(url, isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {names[0]}"))
    template = Database(url.set(database=names[0]).render_as_string(hide_password=False))
    template.migrate()
    template.dispose()

    def make() -> str:
        name = f"{prefix}_{next(numbers)}"
        with admin.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {names[0]}"))
        names.append(name)
        return url.set(database=name).render_as_string(hide_password=False)

    yield make
    with admin.connect() as connection:
        for name in names:
            connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))
    admin.dispose()
