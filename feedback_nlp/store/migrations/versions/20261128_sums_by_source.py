"""Keep the sums of topics and requests by source too, so that a list narrowed to one counts no rows."""

import sqlalchemy as sa
from alembic import op

from feedback_nlp.store.columns import UtcDateTime

revision = "20261128_sums_by_source"
down_revision = "20261127_notices_by_status"
branch_labels = None
depends_on = None


def upgrade() -> None:
    _keep_by("product", "source_id")


def downgrade() -> None:
    _keep_by("product")


def _keep_by(*keys: str) -> None:
    """Make the table anew: what is in it can be counted again, and will be."""
    op.drop_table("subject_count")
    source = [sa.Column("source_id", sa.Integer(), autoincrement=False, nullable=False)]
    op.create_table(
        "subject_count",
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("subject_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("product", sa.String(length=200), nullable=False),
        *(source if "source_id" in keys else []),
        sa.Column("units", sa.Integer(), nullable=False),
        sa.Column("posts", sa.Integer(), nullable=False),
        sa.Column("people", sa.Integer(), nullable=False),
        sa.Column("last_seen_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("kind", "subject_id", *keys, name=op.f("pk_subject_count")),
    )
    for kind in ("topic", "request"):  # after every week: what is kept of weeks still holds
        op.execute(
            f"INSERT INTO stale (kind, subject_id, said_at) SELECT '{kind}', id, "  # noqa: S608
            f"'9999-01-01 00:00:00.000000' FROM {kind}"
        )
