"""The store: SQLModel tables, sessions, migrations, search, and one repository a matter.

SQLite is the embedded default, PostgreSQL the production database; both run the same
migrations. Repositories take a session and never commit: the edge that opened the
session does.
"""

# a table is known once it is imported
from feedback_nlp.store import (  # noqa: F401
    access_tables,
    contact_table,
    erasure_table,
    inlet_tables,
    judgement_table,
    likeness_table,
    outbox_tables,
    reply_table,
    rollup_tables,
)
from feedback_nlp.store.database import Database

__all__ = ["Database"]
