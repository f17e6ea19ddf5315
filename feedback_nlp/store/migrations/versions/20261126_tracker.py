"""A request has a target release, labels and a link to a tracker; people comment on it."""

import sqlalchemy as sa
from alembic import op

from feedback_nlp.store.columns import Json, UtcDateTime

revision = "20261126_tracker"
down_revision = "20261126_run_plans"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("request", sa.Column("target_release", sa.String(length=60), nullable=True))
    op.add_column("request", sa.Column("labels", Json, nullable=False, server_default="[]"))
    op.add_column("request", sa.Column("tracker_url", sa.String(length=500), nullable=True))
    op.create_table(
        "request_comment",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("happened_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["request.id"], name=op.f("fk_request_comment_request_id_request")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_comment")),
    )
    op.create_index(op.f("ix_request_comment_request_id"), "request_comment", ["request_id"])


def downgrade() -> None:
    op.drop_table("request_comment")
    for name in ("tracker_url", "labels", "target_release"):
        op.drop_column("request", name)
