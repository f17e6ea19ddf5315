from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from tests.outlets.local_server import Sink, local_server


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.time = datetime(2026, 11, 16, 1, 10, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def forward(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


@pytest.fixture(autouse=True)
def _no_crowded_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Commands take the time of the day; what they send must not depend on the minute."""
    monkeypatch.setattr("feedback_nlp.store.outbox_pace._CROWDED_SECONDS", 0.0)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def sink() -> Iterator[Sink]:
    with local_server() as sink:
        yield sink
