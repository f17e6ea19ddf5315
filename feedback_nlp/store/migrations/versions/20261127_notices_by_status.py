"""How many notices of a request stand where is read from an index, not from every notice."""

from alembic import op

revision = "20261127_notices_by_status"
down_revision = "20261127_lean_inserts"
branch_labels = None
depends_on = None

_OLD, _NEW = "ix_notice_request_id", "ix_notice_request_id_status"


def upgrade() -> None:
    op.create_index(_NEW, "notice", ["request_id", "status"])
    op.drop_index(_OLD, "notice")


def downgrade() -> None:
    op.create_index(_OLD, "notice", ["request_id"])
    op.drop_index(_NEW, "notice")
