"""How commands edit topics: one transaction, and all else follows at once."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from feedback_nlp.cli.terminal import load_settings, open_database

if TYPE_CHECKING:
    from feedback_nlp.jobs.topic_edits import TopicDesk


@contextmanager
def topic_desk(db: str | None, actor: str | None) -> Iterator[TopicDesk]:
    """Open the database for edits that all else follows at once."""
    from feedback_nlp.config import load_config  # noqa: PLC0415
    from feedback_nlp.editing import Edit  # noqa: PLC0415
    from feedback_nlp.jobs.topic_edits import TopicDesk  # noqa: PLC0415

    settings = load_settings()
    edit = Edit(actor=actor or getpass.getuser(), now=datetime.now(UTC))
    config = load_config(settings.pipeline)
    with open_database(db, settings) as database, database.write() as session:
        yield TopicDesk(session, config, settings.zone, edit)


def apply_edits(db: str | None, actor: str | None, *acts: Callable[..., Any]) -> Any:
    """Apply edits in one transaction; return what the last one returned."""
    with topic_desk(db, actor) as desk:
        results = [desk.apply(act) for act in acts]
    return results[-1]
