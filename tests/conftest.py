"""Fixtures every test may use.

The suite runs on SQLite. With ``TEST_DATABASE_URL`` (a PostgreSQL URL whose user may
create databases) the ``database`` fixture gives each test a database of its own there,
cloned from a migrated template: ``make test-postgres``.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings

from feedback_nlp.store import Database
from tests.copied_databases import copies, migrated

# No test is timed: a busy machine is no reason to fail.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


#: Files of minutes: taken first, so that none is left to one process when the others are done.
_LONG = {"test_demo.py", "test_edits.py", "test_analyze.py", "test_examples.py", "test_worker.py"}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long files first; the rest stays in its order."""
    items.sort(key=lambda item: item.path.name not in _LONG)


def pytest_collection_finish() -> None:
    """Spare the collector what stays to the end: imported modules and collected tests.

    It walked through hundreds of thousands of them again and again.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(1_000, 10, 100)


@pytest.fixture(autouse=True)
def _no_ambient_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """A developer's own FEEDBACK_… variables must not change what a test sees."""
    for name in [name for name in os.environ if name.startswith("FEEDBACK_")]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _default_logging() -> None:
    """A test that quiets the log of its process must not quiet that of the next one."""
    structlog.reset_defaults()


@pytest.fixture(autouse=True, scope="session")
def _keys_of_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keys of databases on a server go into the user's data folder; a test has its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        yield


@pytest.fixture(scope="session")
def new_database_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    """Return a function that makes a migrated, empty database and returns its URL."""
    yield from copies(tmp_path_factory.mktemp("databases"), migrated)


@pytest.fixture
def database(new_database_url: Callable[[], str]) -> Iterator[Database]:
    """An empty database with the present schema."""
    database = Database(new_database_url())
    yield database
    database.dispose()
