"""The short form of ``python -m tests.soak.notices``."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.soak.notice_kills import soak


@pytest.mark.slow
def test_kills_of_service_and_worker_lose_no_notice_and_say_none_twice(
    new_database_url: Callable[[], str],
) -> None:
    figures = soak(new_database_url(), kills=6)
    assert sum(figures["kills"].values()) == 6
    assert figures["calls_left"] == 0
    assert figures["people_told_of_the_release"] == 36
    assert figures["lost"] == []
    assert figures["twice"] == []
