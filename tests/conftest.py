"""Fixtures every test may use."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from feedback_nlp.store import Database


@pytest.fixture(autouse=True)
def _no_ambient_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own FEEDBACK_… variables must not change what a test sees."""
    for name in [name for name in os.environ if name.startswith("FEEDBACK_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="session")
def _migrated_template(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    path = tmp_path_factory.mktemp("template") / "template.db"
    database = Database(f"sqlite:///{path}")
    database.migrate()
    with database.write() as session:  # fold the write-ahead log into the file
        session.connection().exec_driver_sql("SELECT 1")
    database.dispose()
    return path.read_bytes()


@pytest.fixture
def database(tmp_path: Path, _migrated_template: bytes) -> Iterator[Database]:
    """An empty SQLite database with the present schema."""
    path = tmp_path / "feedback.db"
    path.write_bytes(_migrated_template)
    database = Database(f"sqlite:///{path}")
    yield database
    database.dispose()
