"""A queue of jobs: analyses, digests and whatever else is done beside the service."""

import sqlalchemy as sa
from alembic import op

from feedback_nlp.store.columns import Json, UtcDateTime

revision = "20261126_jobs"
down_revision = "20261126_outbox"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "job",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("kind", sa.String(40), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("payload", Json, nullable=False),
        sa.Column("wish", sa.String(200)),
        sa.Column("slot", sa.String(200)),
        sa.Column("lane", sa.String(40)),
        sa.Column("run_at", UtcDateTime(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("max_attempts", sa.Integer(), nullable=False),
        sa.Column("token", sa.String(36)),
        sa.Column("lease_until", UtcDateTime()),
        sa.Column("progress", Json, nullable=False),
        sa.Column("result", Json, nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.Column("actor", sa.String(100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("started_at", UtcDateTime()),
        sa.Column("finished_at", UtcDateTime()),
        sa.UniqueConstraint("slot", name="uq_job_slot"),
    )
    queued = sa.text("state = 'queued'")
    op.create_index(
        "uq_job_wish", "job", ["wish"], unique=True, sqlite_where=queued, postgresql_where=queued
    )
    op.create_index("ix_job_state_run_at", "job", ["state", "run_at"])


def downgrade() -> None:
    op.drop_table("job")
