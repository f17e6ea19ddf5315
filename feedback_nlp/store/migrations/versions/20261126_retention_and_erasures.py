"""A source says why its feedback is kept and how long; what was erased is on record."""

import sqlalchemy as sa
from alembic import op

from feedback_nlp.store.columns import Json, UtcDateTime

revision = "20261126_retention_and_erasures"
down_revision = "20261126_batch_notes"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("source", sa.Column("purpose", sa.Text(), nullable=False, server_default=""))
    op.add_column("source", sa.Column("retention_days", sa.Integer(), nullable=True))
    op.create_table(
        "erasure",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("counts", Json, nullable=False),
        sa.Column("erased_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_erasure")),
    )
    op.create_index(op.f("ix_erasure_subject"), "erasure", ["subject"])


def downgrade() -> None:
    op.drop_table("erasure")
    for name in ("retention_days", "purpose"):
        op.drop_column("source", name)
