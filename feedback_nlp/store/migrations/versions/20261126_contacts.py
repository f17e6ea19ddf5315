"""Sealed addresses of people; a pushed event knows its source, so that it can be forgotten."""

import sqlalchemy as sa
from alembic import op

from feedback_nlp.store.columns import UtcDateTime

revision = "20261126_contacts"
down_revision = "20261126_people_index"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contact",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("feedback_id", sa.Integer(), nullable=False),
        sa.Column("person_key", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["feedback_id"], ["feedback.id"], name=op.f("fk_contact_feedback_id_feedback")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact")),
        sa.UniqueConstraint("feedback_id", name=op.f("uq_contact_feedback_id")),
    )
    op.create_index(op.f("ix_contact_person_key"), "contact", ["person_key"])
    op.add_column("inlet_event", sa.Column("source_id", sa.Integer(), nullable=True))
    op.create_index(op.f("ix_inlet_event_record_key"), "inlet_event", ["record_key"])


def downgrade() -> None:
    op.drop_index(op.f("ix_inlet_event_record_key"), "inlet_event")
    op.drop_column("inlet_event", "source_id")
    op.drop_table("contact")
