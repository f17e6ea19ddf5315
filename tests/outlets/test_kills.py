"""A short run of what ``make soak`` does at length."""

from __future__ import annotations

from feedback_nlp.store import Database
from tests.soak.outbox_kills import run


def test_kills_lose_no_message_and_say_none_twice(database: Database) -> None:
    counts = run(database.url.render_as_string(hide_password=False), kills=8)
    assert counts.messages == 2 * counts.causes > 0
    assert (counts.lost, counts.twice) == (0, 0), counts
    assert counts.sent + counts.unsure == counts.messages
