"""People say why they changed what stands in a request."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_edit_reasons"
down_revision = "20261126_request_links"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("request_edit", sa.Column("reason", sa.Text(), nullable=False, server_default=""))


def downgrade() -> None:
    op.drop_column("request_edit", "reason")
