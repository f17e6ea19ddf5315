"""Whether a database has the schema this code needs, without changing it."""

from __future__ import annotations

from pathlib import Path

from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection


def is_current(connection: Connection) -> bool:
    """Tell whether every migration has been applied."""
    head = ScriptDirectory(str(Path(__file__).with_name("migrations"))).get_current_head()
    return MigrationContext.configure(connection).get_current_revision() == head
