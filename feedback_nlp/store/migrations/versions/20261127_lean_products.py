"""The index of products leaves out the feedback that names none.

Where nobody tells products apart, each row wrote an entry that no question is asked for: a
filter names a product, and a list of products leaves the empty one out.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261127_lean_products"
down_revision = "20261127_change_count"
branch_labels = None
depends_on = None

_NAME = "ix_feedback_product_occurred_at_id"
_COLUMNS = ["product", "occurred_at", "id"]


def upgrade() -> None:
    known = sa.text("product IS NOT NULL")
    op.drop_index(_NAME, "feedback")
    op.create_index(_NAME, "feedback", _COLUMNS, sqlite_where=known, postgresql_where=known)


def downgrade() -> None:
    op.drop_index(_NAME, "feedback")
    op.create_index(_NAME, "feedback", _COLUMNS)
