"""Pairs of topics that may be one matter, with the evidence and what people said of it."""

import sqlalchemy as sa
from alembic import op

from feedback_nlp.store.columns import Json, UtcDateTime

revision = "20261126_topic_likeness"
down_revision = "20261126_stored_replies"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "topic_likeness",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.Column("evidence", Json, nullable=False),
        sa.Column("run_id", sa.Integer(), nullable=True),
        sa.Column("found_at", UtcDateTime(), nullable=False),
        sa.Column("refused_by", sa.String(length=100), nullable=True),
        sa.Column("refused_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["topic_id"], ["topic.id"], name=op.f("fk_topic_likeness_topic_id_topic")
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["topic.id"], name=op.f("fk_topic_likeness_other_id_topic")
        ),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_topic_likeness_run_id_run")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_topic_likeness")),
        sa.UniqueConstraint("topic_id", "other_id", name=op.f("uq_topic_likeness_topic_id")),
    )
    op.create_index(op.f("ix_topic_likeness_other_id"), "topic_likeness", ["other_id"])


def downgrade() -> None:
    op.drop_table("topic_likeness")
