"""All feedback of one person, and how many people there are, without reading every row."""

from alembic import op

revision = "20261126_people_index"
down_revision = "20261126_judgements"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_feedback_person_key", "feedback", ["person_key"])


def downgrade() -> None:
    op.drop_index("ix_feedback_person_key", "feedback")
