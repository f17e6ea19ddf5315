"""What people say a unit means."""

import sqlalchemy as sa
from alembic import op

from feedback_nlp.store.columns import UtcDateTime

revision = "20261126_judgements"
down_revision = "20261126_notices"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "judgement",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "feedback_id",
            sa.Integer(),
            sa.ForeignKey("feedback.id", name="fk_judgement_feedback_id_feedback"),
            nullable=False,
        ),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("sentiment", sa.String(10), nullable=False),
        sa.Column("intent", sa.String(20), nullable=False),
        sa.Column("engine_sentiment", sa.String(10), nullable=False),
        sa.Column("engine_intent", sa.String(20), nullable=False),
        sa.Column("sample", sa.String(10)),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("judged_at", UtcDateTime(), nullable=False),
        sa.Column("undone_by", sa.String(100)),
        sa.Column("undone_at", UtcDateTime()),
    )
    op.create_index("ix_judgement_feedback_id", "judgement", ["feedback_id"])
    op.create_index("ix_judgement_sample", "judgement", ["sample"])


def downgrade() -> None:
    op.drop_table("judgement")
