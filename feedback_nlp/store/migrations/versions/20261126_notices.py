"""What became of each notice and why; people who want none."""

import sqlalchemy as sa
from alembic import op

from feedback_nlp.store.columns import UtcDateTime

revision = "20261126_notices"
down_revision = "20261126_verification"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("notice", sa.Column("outbox_key", sa.String(length=200), nullable=True))
    op.add_column("notice", sa.Column("reason", sa.Text(), nullable=False, server_default=""))
    op.add_column("notice", sa.Column("settled_at", UtcDateTime(), nullable=True))
    op.create_index(op.f("ix_notice_outbox_key"), "notice", ["outbox_key"])
    op.create_table(
        "notice_refusal",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_key", sa.String(length=64), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice_refusal")),
        sa.UniqueConstraint("person_key", name=op.f("uq_notice_refusal_person_key")),
    )


def downgrade() -> None:
    op.drop_table("notice_refusal")
    op.drop_index(op.f("ix_notice_outbox_key"), table_name="notice")
    for name in ("settled_at", "reason", "outbox_key"):
        op.drop_column("notice", name)
