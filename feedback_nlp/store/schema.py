"""Whether a database has the schema this code needs, without changing it."""

from __future__ import annotations

from sqlalchemy import Connection

from feedback_nlp.store.database import SCHEMA_VERSION, schema_version


def is_current(connection: Connection) -> bool:
    """Tell whether every migration has been applied."""
    return schema_version(connection) == SCHEMA_VERSION
