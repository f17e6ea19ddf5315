"""A batch keeps what people should know of how its file was read."""

import sqlalchemy as sa
from alembic import op

from feedback_nlp.store.columns import Json

revision = "20261126_batch_notes"
down_revision = "20261122_vents_by_topic"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("ingest_batch", sa.Column("notes", Json, nullable=False, server_default="[]"))


def downgrade() -> None:
    op.drop_column("ingest_batch", "notes")
