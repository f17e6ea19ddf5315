"""The outbox: what is owed to the outside, written with its cause."""

import sqlalchemy as sa
from alembic import op

from feedback_nlp.store.columns import Json, UtcDateTime

revision = "20261126_outbox"
down_revision = "20261126_retention_and_erasures"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "outbox",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=False),
        sa.Column("outlet", sa.String(length=100), nullable=False),
        sa.Column("title", sa.String(length=300), nullable=False),
        sa.Column("payload", Json, nullable=False),
        sa.Column("series", sa.String(length=200), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("repeatable", sa.Boolean(), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_at", UtcDateTime(), nullable=False),
        sa.Column("last_error", sa.Text(), nullable=False),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("token", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
    )
    op.create_index("ix_outbox_state_next_at", "outbox", ["state", "next_at"])
    op.create_index(op.f("ix_outbox_outlet"), "outbox", ["outlet"])
    op.create_index(op.f("ix_outbox_series"), "outbox", ["series"])
    op.create_table(
        "outlet_state",
        sa.Column("outlet", sa.String(length=100), nullable=False),
        sa.Column("free_at", UtcDateTime(), nullable=False),
        sa.Column("stopped_reason", sa.String(length=300), nullable=True),
        sa.PrimaryKeyConstraint("outlet", name=op.f("pk_outlet_state")),
    )


def downgrade() -> None:
    op.drop_table("outlet_state")
    op.drop_table("outbox")
