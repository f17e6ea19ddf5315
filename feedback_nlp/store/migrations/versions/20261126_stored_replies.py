"""Replies to posts that carried an Idempotency-Key."""

import sqlalchemy as sa
from alembic import op

from feedback_nlp.store.columns import Json, UtcDateTime

revision = "20261126_stored_replies"
down_revision = "20261126_tracker"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stored_reply",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("body_hash", sa.String(length=64), nullable=False),
        sa.Column("status", sa.Integer(), nullable=True),
        sa.Column("headers", Json, nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_reply")),
        sa.UniqueConstraint("key_hash", name=op.f("uq_stored_reply_key_hash")),
    )
    op.create_index(op.f("ix_stored_reply_started_at"), "stored_reply", ["started_at"])


def downgrade() -> None:
    op.drop_table("stored_reply")
