"""Alembic environment: runs on the connection that ``Database.migrate`` hands over."""

from alembic import context

from feedback_nlp.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    include_name=lambda name, kind, _parents: (
        not (kind == "table" and (name or "").startswith("feedback_search"))
    ),
)
with context.begin_transaction():
    context.run_migrations()
