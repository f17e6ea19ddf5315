"""A new file has the schema that the migrations come to."""

from pathlib import Path

from feedback_nlp.store import fresh_schema
from feedback_nlp.store.database import SCHEMA_VERSION, Database
from feedback_nlp.store.fresh_schema import FILE, schema_text


def _schema(path: Path) -> str:
    database = Database(f"sqlite:///{path}")
    database.migrate()
    database.dispose()
    return schema_text(path, SCHEMA_VERSION)


def test_the_file_holds_what_the_migrations_come_to(tmp_path, monkeypatch):
    at_once = _schema(tmp_path / "at_once.db")
    old = tmp_path / "of_another_version.sql"
    old.write_text(FILE.read_text(encoding="utf-8").replace(SCHEMA_VERSION, "20200101_old"))
    monkeypatch.setattr(fresh_schema, "FILE", old)
    step_by_step = _schema(tmp_path / "step_by_step.db")
    assert at_once == step_by_step == FILE.read_text(encoding="utf-8"), (
        "run python -m feedback_nlp.store.write_schema"
    )
