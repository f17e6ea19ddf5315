"""Count changes of what figures are made of, so that a post leaves the past weeks as they are.

See ``feedback_nlp/store/changes.py``. PostgreSQL counts once a transaction, each server process in
a row of its own; SQLite knows triggers of rows only, and has one writer.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261127_change_count"
down_revision = "20261127_lean_indexes"
branch_labels = None
depends_on = None

_TABLES = (
    "unit", "run", "topic", "topic_event", "request", "evidence", "status_event", "request_edit",
    "request_link", "request_comment", "notice", "notice_refusal", "alert", "verification",
    "topic_likeness", "judgement", "lexicon_entry", "erasure",
)  # fmt: skip

#: (table, event, when it is a change: empty for always). What only adds is none: feedback that is
#: not analysed, a source, a batch. A batch has its first figures from what brought its rows.
_CHANGES = (
    *((table, event, "") for table in _TABLES for event in ("INSERT", "UPDATE", "DELETE")),
    *(
        (table, event, "")
        for table in ("feedback", "source", "rejected_row")
        for event in ("UPDATE", "DELETE")
    ),
    ("feedback", "INSERT", "NEW.analyzed_run_id IS NOT NULL OR NEW.person_key IS NOT NULL"
     " OR NEW.sentiment IS NOT NULL OR NEW.intent IS NOT NULL"),
    ("ingest_batch", "UPDATE", "OLD.read_count > 0 OR OLD.notes {differs} NEW.notes"
     " OR OLD.source_id <> NEW.source_id"),
    ("ingest_batch", "DELETE", ""),
)  # fmt: skip


_COUNT = (
    "INSERT INTO change_count (writer, changes) SELECT 0, 0 "
    "WHERE NOT EXISTS (SELECT 1 FROM change_count); "
    "UPDATE change_count SET changes = changes + 1;"
)


def _names() -> dict[str, tuple[str, str, str]]:
    return {
        f"change_{table}_{event.lower()}": (table, event, when) for table, event, when in _CHANGES
    }


def upgrade() -> None:
    op.create_table(
        "change_count",
        sa.Column("writer", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("changes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("writer", name=op.f("pk_change_count")),
    )
    postgres = op.get_bind().dialect.name == "postgresql"
    if postgres:
        # once a transaction: versions of a row pile up until their transaction ends
        op.execute(
            "CREATE FUNCTION count_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            "IF current_setting('feedback.counted', true) IS DISTINCT FROM 'yes' THEN "
            "INSERT INTO change_count (writer, changes) VALUES (pg_backend_pid(), 1) "
            "ON CONFLICT (writer) DO UPDATE SET changes = change_count.changes + 1; "
            "PERFORM set_config('feedback.counted', 'yes', true); "
            "END IF; RETURN NULL; END $$"
        )
    for name, (table, event, when) in _names().items():
        if postgres:
            each = f"ROW WHEN ({when.format(differs='IS DISTINCT FROM')})" if when else "STATEMENT"
            op.execute(
                f"CREATE TRIGGER {name} AFTER {event} ON {table} "
                f"FOR EACH {each} EXECUTE FUNCTION count_change()"
            )
        else:
            condition = f" WHEN {when.format(differs='IS NOT')}" if when else ""
            op.execute(
                f"CREATE TRIGGER {name} AFTER {event} ON {table}{condition} BEGIN {_COUNT} END"
            )


def downgrade() -> None:
    postgres = op.get_bind().dialect.name == "postgresql"
    for name, (table, _event, _when) in _names().items():
        op.execute(f"DROP TRIGGER {name}" + (f" ON {table}" if postgres else ""))
    if postgres:
        op.execute("DROP FUNCTION count_change()")
    op.drop_table("change_count")
