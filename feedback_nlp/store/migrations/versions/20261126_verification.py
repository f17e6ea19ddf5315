"""What the numbers say about each release: was it a fix."""

import sqlalchemy as sa
from alembic import op

from feedback_nlp.store.columns import Json, UtcDateTime

revision = "20261126_verification"
down_revision = "20261126_views"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "verification",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column(
            "request_id",
            sa.Integer(),
            sa.ForeignKey("request.id", name="fk_verification_request_id_request"),
            nullable=False,
        ),
        sa.Column(
            "event_id",
            sa.Integer(),
            sa.ForeignKey("status_event.id", name="fk_verification_event_id_status_event"),
            nullable=False,
        ),
        sa.Column("verdict", sa.String(20), nullable=False),
        sa.Column("released_on", sa.Date(), nullable=False),
        sa.Column("fixed_in", sa.String(60)),
        sa.Column("figures", Json, nullable=False),
        sa.Column("judged_at", UtcDateTime(), nullable=False),
        sa.Column("decided_at", UtcDateTime()),
        sa.UniqueConstraint("event_id", name="uq_verification_event_id"),
    )
    op.create_index("ix_verification_request_id", "verification", ["request_id"])


def downgrade() -> None:
    op.drop_table("verification")
