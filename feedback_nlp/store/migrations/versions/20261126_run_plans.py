"""What a run has decided is kept until all of it is written, slice by slice."""

import sqlalchemy as sa
from alembic import op

revision = "20261126_run_plans"
down_revision = "20261126_keys_and_audit"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "run_plan",
        sa.Column("run_id", sa.Integer(), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("moves", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_run_plan_run_id_run")),
        sa.PrimaryKeyConstraint("run_id", "part", name=op.f("pk_run_plan")),
    )


def downgrade() -> None:
    op.drop_table("run_plan")
