"""A request has a version, a due day, and a history of what people wrote about it.

The version lets two people who change one request at once find out. ``priority_week`` is
the week of the stored priorities, so that an edit ranks everything again as of that week.
"""

import sqlalchemy as sa
from alembic import op

from feedback_nlp.store.columns import Json, UtcDateTime

revision = "20261123_request_versions"
down_revision = "20261122_vents_by_topic"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("request", sa.Column("due", sa.Date(), nullable=True))
    op.add_column("request", sa.Column("priority_week", sa.String(length=10), nullable=True))
    op.add_column("request", sa.Column("version", sa.Integer(), nullable=False, server_default="1"))
    op.add_column(
        "request",
        sa.Column("titled_by", sa.String(length=100), nullable=False, server_default="engine"),
    )
    op.execute("UPDATE request SET titled_by = created_by")
    op.create_table(
        "request_edit",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("request_id", sa.Integer(), nullable=False),
        sa.Column("actor", sa.String(length=100), nullable=False),
        sa.Column("detail", Json, nullable=False),
        sa.Column("happened_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["request_id"], ["request.id"], name=op.f("fk_request_edit_request_id_request")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request_edit")),
    )
    op.create_index(op.f("ix_request_edit_request_id"), "request_edit", ["request_id"])


def downgrade() -> None:
    op.drop_table("request_edit")
    for name in ("titled_by", "version", "priority_week", "due"):
        op.drop_column("request", name)
