"""Long writes go in slices that stay short, and stop when they are not wanted any more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from sqlmodel import Session, col, select

from feedback_nlp.errors import Conflict
from feedback_nlp.store import Database
from feedback_nlp.store.slices import SLICE_SECONDS, Slices
from feedback_nlp.store.tables import Setting

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)


class Clock:
    """Time passes only by writing."""

    def __init__(self) -> None:
        self.now = 0.0
        self.rests: list[float] = []

    def __call__(self) -> float:
        return self.now


def sliced(database: Database, clock: Clock, check=lambda _session: None) -> Slices:
    return Slices(database, check, clock=clock, rest=clock.rests.append)


def test_slices_grow_and_shrink_to_what_a_slice_may_take(database: Database) -> None:
    clock = Clock()
    written: list[int] = []
    times: list[float] = []
    cost = 0.00005

    def write(_session: Session, rows: Sequence[int]) -> None:
        nonlocal cost
        if len(written) > 3_000:
            cost = 0.0005  # the machine gets busy
        times.append(len(rows) * cost)
        clock.now += times[-1]
        written.extend(rows)

    sliced(database, clock).each("rows", range(6_000), write)
    assert written == list(range(6_000))
    assert max(times[:5]) <= SLICE_SECONDS * 1.01
    assert times[3] > SLICE_SECONDS / 4  # it did grow
    assert times[-2] == pytest.approx(SLICE_SECONDS, rel=0.05)
    assert len(clock.rests) == len(times)  # others get a turn after each


def test_what_was_learned_holds_for_the_next_rows_of_the_same_kind(database: Database) -> None:
    clock, sizes = Clock(), []

    def write(_session: Session, rows: Sequence[int]) -> None:
        clock.now += len(rows) * 0.0001
        sizes.append(len(rows))

    slices = sliced(database, clock)
    slices.each("rows", range(1_000), write)
    sizes.clear()
    slices.each("rows", range(500), write)
    assert sizes[0] == pytest.approx(250, abs=1)


def test_rows_that_take_long_are_written_in_ever_smaller_slices(database: Database) -> None:
    def sizes(**options: int) -> list[int]:
        clock, found = Clock(), list[int]()

        def write(_session: Session, rows: Sequence[int]) -> None:
            clock.now += sum(10.0 for row in rows if row >= 31)
            found.append(len(rows))

        sliced(database, clock).each("rows", range(200), write, **options)
        return found

    assert sizes(least=1)[:12] == [1, 2, 4, 8, 16, 32, 16, 8, 4, 2, 1, 1]
    assert sizes()[2:] == [32, 32, 32, 32, 8]  # a starved process still gets on


def test_each_slice_is_committed_by_itself_and_checked_first(database: Database) -> None:
    allowed = 2

    def check(_session: Session) -> None:
        nonlocal allowed
        if not allowed:
            raise Conflict("另一次取代了它")
        allowed -= 1

    def write(session: Session, rows: Sequence[int]) -> None:
        session.add_all(Setting(key=f"{row:03}", value={}) for row in rows)

    with pytest.raises(Conflict):
        sliced(database, Clock(), check).each("rows", range(500), write)
    with database.read() as session:
        stored = session.exec(select(Setting.key).order_by(col(Setting.key))).all()
    assert stored == [f"{row:03}" for row in range(32 + 64)]
