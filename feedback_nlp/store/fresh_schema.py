"""The schema of a new SQLite file, as the migrations leave it: made at once, not step by step.

Running every migration costs a second of CPU before the first row. ``migrations/sqlite.sql``
holds what they come to; a test compares the two. After a new migration write it anew::

    python -m feedback_nlp.store.write_schema

Until then a new file is migrated step by step, as every old one is.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from sqlalchemy import Connection

FILE = Path(__file__).with_name("migrations") / "sqlite.sql"
_HEAD = "-- Schema version: "
_END = "\n;;\n"


def make_fresh_schema(connection: Connection, version: str) -> bool:
    """Make the tables of an empty SQLite database; return whether it was done.

    Args:
        connection: In a writing transaction, which the caller commits.
        version: The version that is wanted; a file of another one is not used.
    """
    if connection.dialect.name != "sqlite" or not FILE.exists():
        return False
    head, *statements = FILE.read_text(encoding="utf-8").split(_END)
    anything = connection.exec_driver_sql("SELECT 1 FROM sqlite_master LIMIT 1").first()
    if head.removeprefix(_HEAD) != version or anything is not None:
        return False
    for statement in statements:
        if statement.strip():
            connection.exec_driver_sql(statement)
    connection.exec_driver_sql("INSERT INTO alembic_version (version_num) VALUES (?)", (version,))
    return True


def schema_text(database: Path, version: str) -> str:
    """Return the file's text for a migrated, empty database."""
    with sqlite3.connect(database) as connection:
        rows = connection.execute(
            "SELECT type, name, sql FROM sqlite_master WHERE sql IS NOT NULL AND type != 'view'"
            " ORDER BY type != 'table', rowid"
        ).fetchall()
    virtual = [name for _, name, sql in rows if sql.startswith("CREATE VIRTUAL")]
    wanted = [
        sql
        for _, name, sql in rows
        if name != "sqlite_sequence" and not any(name.startswith(f"{v}_") for v in virtual)
    ]
    return _END.join([_HEAD + version, *wanted]) + _END
