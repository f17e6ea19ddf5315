"""Requests that belong together."""

import sqlalchemy as sa
from alembic import op

from feedback_nlp.store.columns import UtcDateTime

revision = "20261126_request_links"
down_revision = "20261126_contacts"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "request_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["request.id"], name=op.f("fk_request_link_request_id_request")
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["request.id"], name=op.f("fk_request_link_other_id_request")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_link")),
        sa.UniqueConstraint(
            "request_id", "other_id", name=op.f("uq_request_link_request_id_other_id")
        ),
    )
    op.create_index(op.f("ix_request_link_request_id"), "request_link", ["request_id"])
    op.create_index(op.f("ix_request_link_other_id"), "request_link", ["other_id"])


def downgrade() -> None:
    op.drop_table("request_link")
