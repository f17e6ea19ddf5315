"""Read-only views for Superset and Metabase.

``Database.migrate`` takes them away before an upgrade and makes them again behind it, because
SQLite changes no table that a view looks at.
"""

from alembic import op

from feedback_nlp.store.views import drop_views, make_views

revision = "20261126_views"
down_revision = "20261126_inlets"
branch_labels = None
depends_on = None


def upgrade() -> None:
    make_views(op.get_bind())


def downgrade() -> None:
    drop_views(op.get_bind())
