"""The short form of ``make soak``."""

from __future__ import annotations

from collections.abc import Callable

from tests.soak.edits import soak


def test_no_answered_edit_is_lost_while_analyses_are_killed(
    new_database_url: Callable[[], str],
) -> None:
    figures = soak(new_database_url(), edits=6, seconds=300)
    assert figures["edits_answered_200"] >= 5
    assert figures["kills"] >= 1
    assert figures["edits_lost"] == []
    assert figures["lost_or_doubled"] == []
