"""Lists and digests cost what they show: indexes, kept sums, and triggers that mark them stale.

A trigger sees every writer, also one that is written later; it only appends, so that two
writers never wait for one another. On SQLite a migration that rebuilds ``unit``, ``evidence``
or ``feedback`` drops its triggers and has to make them again.
"""

import sqlalchemy as sa
from alembic import op

from feedback_nlp.store.columns import Json, UtcDateTime

revision = "20261126_reading_speed"
down_revision = "20261126_jobs"
branch_labels = None
depends_on = None

_FILTERS = ("source_id", "channel", "product", "intent", "sentiment")
_COUNTED = ("is_spam", "is_burst", "person_key", "product", "channel", "app_version", "region", "segment", "signals")  # fmt: skip
_READ = ("topic_id", "intent", "sentiment", "sentiment_score")

_TOPIC = """INSERT INTO stale (kind, subject_id, said_at) SELECT 'topic', {row}.topic_id, f.occurred_at
    FROM feedback f WHERE f.id = {row}.feedback_id AND {row}.topic_id IS NOT NULL;"""
_REQUEST = """INSERT INTO stale (kind, subject_id, said_at) SELECT 'request', {row}.request_id, f.occurred_at
    FROM unit u JOIN feedback f ON f.id = u.feedback_id WHERE u.id = {row}.unit_id;"""
_FEEDBACK = """INSERT INTO stale (kind, subject_id, said_at) SELECT 'topic', u.topic_id, NEW.occurred_at
    FROM unit u WHERE u.feedback_id = NEW.id AND u.topic_id IS NOT NULL;
  INSERT INTO stale (kind, subject_id, said_at) SELECT 'request', e.request_id, NEW.occurred_at
    FROM unit u JOIN evidence e ON e.unit_id = u.id WHERE u.feedback_id = NEW.id;"""

#: Name → (table, event, columns that matter, body).
_TRIGGERS = {
    "stale_unit_insert": ("unit", "INSERT", (), _TOPIC.format(row="NEW")),
    "stale_unit_update": (
        "unit", "UPDATE", _READ, _TOPIC.format(row="OLD") + "\n  " + _TOPIC.format(row="NEW"),
    ),
    "stale_unit_delete": ("unit", "DELETE", (), _TOPIC.format(row="OLD")),
    "stale_evidence_insert": ("evidence", "INSERT", (), _REQUEST.format(row="NEW")),
    "stale_evidence_delete": ("evidence", "DELETE", (), _REQUEST.format(row="OLD")),
    "stale_feedback_update": ("feedback", "UPDATE", _COUNTED, _FEEDBACK),
}  # fmt: skip

_SAID = "(SELECT f.occurred_at FROM unit u JOIN feedback f ON f.id = u.feedback_id WHERE u.id = {row}.unit_id)"


def upgrade() -> None:
    op.drop_index(op.f("ix_feedback_product"), table_name="feedback")
    for name in _FILTERS:
        op.create_index(
            f"ix_feedback_{name}_occurred_at_id", "feedback", [name, "occurred_at", "id"]
        )
    op.add_column("evidence", sa.Column("said_at", UtcDateTime(), nullable=True))
    op.execute(f"UPDATE evidence SET said_at = {_SAID.format(row='evidence')}")  # noqa: S608
    op.create_index(
        "ix_evidence_request_id_said_at_unit_id", "evidence", ["request_id", "said_at", "unit_id"]
    )
    _create_tables()
    postgres = op.get_bind().dialect.name == "postgresql"
    for name, (table, event, columns, body) in _TRIGGERS.items():
        (_postgres_trigger if postgres else _sqlite_trigger)(name, table, event, columns, body)
    if postgres:
        op.execute(
            "CREATE FUNCTION evidence_said_at() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
            f"NEW.said_at := {_SAID.format(row='NEW')}; RETURN NEW; END $$"
        )
        op.execute(
            "CREATE TRIGGER evidence_said_at BEFORE INSERT ON evidence "
            "FOR EACH ROW EXECUTE FUNCTION evidence_said_at()"
        )
    else:
        said_at = _SAID.format(row="NEW")
        body = f"UPDATE evidence SET said_at = {said_at} WHERE id = NEW.id;"  # noqa: S608
        op.execute(
            "CREATE TRIGGER evidence_said_at AFTER INSERT ON evidence "
            f"WHEN NEW.said_at IS NULL BEGIN {body} END"
        )
    for kind in ("topic", "request"):  # nothing is counted yet
        op.execute(
            f"INSERT INTO stale (kind, subject_id, said_at) SELECT '{kind}', id, "  # noqa: S608
            f"'1970-01-01 00:00:00.000000' FROM {kind}"
        )


def _create_tables() -> None:
    op.create_table(
        "stale",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("subject_id", sa.Integer(), nullable=False),
        sa.Column("said_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stale")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_stale_kind_subject_id_said_at", "stale", ["kind", "subject_id", "said_at"])
    op.create_table(
        "subject_count",
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("subject_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("product", sa.String(length=200), nullable=False),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("posts", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "subject_id", "product", name=op.f("pk_subject_count")),
    )
    op.create_table(
        "week_standing",
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("subject_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("week", sa.String(length=10), nullable=False),
        sa.Column("product", sa.String(length=200), nullable=False),
        sa.Column("basis", sa.String(length=64), nullable=False),
        sa.Column("end_at", UtcDateTime(), nullable=False),
        sa.Column("figures", Json, nullable=False),
        sa.PrimaryKeyConstraint(
            "kind", "subject_id", "week", "product", name=op.f("pk_week_standing")
        ),
    )


def _sqlite_trigger(name: str, table: str, event: str, columns: tuple[str, ...], body: str) -> None:
    of = f" OF {', '.join(columns)}" if columns else ""
    when = " WHEN " + " OR ".join(f"OLD.{c} IS NOT NEW.{c}" for c in columns) if columns else ""
    op.execute(
        f"CREATE TRIGGER {name} {'BEFORE' if event == 'DELETE' else 'AFTER'} {event}{of} ON {table}{when} BEGIN {body} END"
    )


def _postgres_trigger(
    name: str, table: str, event: str, columns: tuple[str, ...], body: str
) -> None:
    of = f" OF {', '.join(columns)}" if columns else ""
    when = (
        " WHEN (" + " OR ".join(f"OLD.{c} IS DISTINCT FROM NEW.{c}" for c in columns) + ")"
        if columns
        else ""
    )
    timing = "BEFORE" if event == "DELETE" else "AFTER"
    result = "OLD" if event == "DELETE" else "NEW"
    op.execute(
        f"CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN {body} RETURN {result}; END $$"
    )
    op.execute(
        f"CREATE TRIGGER {name} {timing} {event}{of} ON {table} "
        f"FOR EACH ROW{when} EXECUTE FUNCTION {name}()"
    )


def downgrade() -> None:
    postgres = op.get_bind().dialect.name == "postgresql"
    for name, table in [(n, t[0]) for n, t in _TRIGGERS.items()] + [
        ("evidence_said_at", "evidence")
    ]:
        op.execute(f"DROP TRIGGER {name}" + (f" ON {table}" if postgres else ""))
        if postgres:
            op.execute(f"DROP FUNCTION {name}()")
    for table in ("week_standing", "subject_count", "stale"):
        op.drop_table(table)
    op.drop_index("ix_evidence_request_id_said_at_unit_id", table_name="evidence")
    op.drop_column("evidence", "said_at")
    for name in _FILTERS:
        op.drop_index(f"ix_feedback_{name}_occurred_at_id", table_name="feedback")
    op.create_index(op.f("ix_feedback_product"), "feedback", ["product"])
