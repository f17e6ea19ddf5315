"""Whether a unit vents is said by its topic alone.

The column repeated the kind of the topic and was left behind when people moved units.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261122_vents_by_topic"
down_revision = "20261121_first_schema"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_column("unit", "is_vent")


def downgrade() -> None:
    op.add_column(
        "unit", sa.Column("is_vent", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.execute(
        "UPDATE unit SET is_vent = TRUE "
        "WHERE topic_id IN (SELECT id FROM topic WHERE kind = 'vent')"
    )
