"""What is pushed to us: events as they came, redacted, and how each record stands."""

import sqlalchemy as sa
from alembic import op

from feedback_nlp.store.columns import Json, UtcDateTime

revision = "20261126_inlets"
down_revision = "20261126_topic_likeness"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "inlet_event",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("inlet", sa.String(length=60), nullable=False),
        sa.Column("event_key", sa.String(length=100), nullable=False),
        sa.Column("body_key", sa.String(length=64), nullable=False),
        sa.Column("record_key", sa.String(length=300), nullable=False),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("body", Json, nullable=True),
        sa.Column("received_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inlet_event")),
        sa.UniqueConstraint("inlet", "event_key", name=op.f("uq_inlet_event_inlet_event_key")),
    )
    op.create_index(op.f("ix_inlet_event_received_at"), "inlet_event", ["received_at"])
    op.create_table(
        "inlet_record",
        sa.Column("source_id", sa.Integer(), nullable=False),
        sa.Column("record_key", sa.String(length=300), nullable=False),
        sa.Column("version", UtcDateTime(), nullable=False),
        sa.Column("is_deleted", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["source.id"], name=op.f("fk_inlet_record_source_id_source")
        ),
        sa.PrimaryKeyConstraint("source_id", "record_key", name=op.f("pk_inlet_record")),
    )


def downgrade() -> None:
    op.drop_table("inlet_record")
    op.drop_table("inlet_event")
