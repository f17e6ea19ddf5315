"""Storing a feedback costs less: no entry for no product, and no trigger that nobody needs.

Where nobody tells products apart, each row wrote an entry that no question is asked for: a
filter names a product, and a list of products leaves the empty one out.

On SQLite any trigger on new rows of ``feedback``, also one whose condition never holds, costs as
much as all its indexes. Feedback that comes analysed is not written there: the analysis updates
rows that lie there, and whoever inserts units or runs beside it is counted by their triggers.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261127_lean_inserts"
down_revision = "20261127_change_count"
branch_labels = None
depends_on = None

_NAME = "ix_feedback_product_occurred_at_id"
_COLUMNS = ["product", "occurred_at", "id"]


def upgrade() -> None:
    known = sa.text("product IS NOT NULL")
    op.drop_index(_NAME, "feedback")
    op.create_index(_NAME, "feedback", _COLUMNS, sqlite_where=known, postgresql_where=known)
    if op.get_bind().dialect.name == "sqlite":
        op.execute("DROP TRIGGER change_feedback_insert")


def downgrade() -> None:
    op.drop_index(_NAME, "feedback")
    op.create_index(_NAME, "feedback", _COLUMNS)
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            "CREATE TRIGGER change_feedback_insert AFTER INSERT ON feedback "
            "WHEN NEW.analyzed_run_id IS NOT NULL OR NEW.person_key IS NOT NULL "
            "OR NEW.sentiment IS NOT NULL OR NEW.intent IS NOT NULL BEGIN "
            "INSERT INTO change_count (writer, changes) SELECT 0, 0 "
            "WHERE NOT EXISTS (SELECT 1 FROM change_count); "
            "UPDATE change_count SET changes = changes + 1; END"
        )
