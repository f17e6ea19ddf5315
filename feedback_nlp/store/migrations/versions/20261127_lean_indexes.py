"""Indexes of what only the analysis knows leave out the rows that it has not read.

A new row wrote six empty entries, a fifth of what storing it cost. No question is asked
for the empty ones: a filter names a value, and that is proof enough for both databases.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261127_lean_indexes"
down_revision = "20261126_edit_reasons"
branch_labels = None
depends_on = None

#: Index → its columns; the first is the one that is empty until the analysis.
_INDEXES = {
    "ix_feedback_intent_occurred_at_id": ["intent", "occurred_at", "id"],
    "ix_feedback_sentiment_occurred_at_id": ["sentiment", "occurred_at", "id"],
    "ix_feedback_duplicate_of": ["duplicate_of"],
    "ix_feedback_person_key": ["person_key"],
}


def upgrade() -> None:
    for name, columns in _INDEXES.items():
        known = sa.text(f"{columns[0]} IS NOT NULL")
        op.drop_index(name, "feedback")
        op.create_index(name, "feedback", columns, sqlite_where=known, postgresql_where=known)


def downgrade() -> None:
    for name, columns in _INDEXES.items():
        op.drop_index(name, "feedback")
        op.create_index(name, "feedback", columns)
