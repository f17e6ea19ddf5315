"""Writes ``migrations/sqlite.sql`` from the migrations: ``python -m feedback_nlp.store.write_schema``."""

from __future__ import annotations

import tempfile
from pathlib import Path

from feedback_nlp.store.database import SCHEMA_VERSION, Database
from feedback_nlp.store.fresh_schema import FILE, schema_text


def main() -> None:
    """Migrate an empty file step by step and keep its schema."""
    FILE.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "empty.db"
        database = Database(f"sqlite:///{path}")
        database.migrate()
        database.dispose()
        FILE.write_text(schema_text(path, SCHEMA_VERSION), encoding="utf-8")


if __name__ == "__main__":
    main()
