"""Long writes in slices, so that nobody who posts or edits waits for them.

SQLite has one writer, and on PostgreSQL those who change requests go one by one. So what an
analysis has computed is written a few rows at a time: each slice is a transaction of some
tens of milliseconds, with a rest after it in which others get their turn.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from sqlmodel import Session

from feedback_nlp.store.database import Database

_Row = TypeVar("_Row")
_Result = TypeVar("_Result")

#: What a slice aims at; half of what nobody should have to wait longer than.
SLICE_SECONDS = 0.025
# Longer than the pause between two attempts of a waiting writer: it gets in at the first rest.
_REST_SECONDS = 0.01
_MOST_ROWS = 5_000
_STEP = 2.0


class Slices:
    """Writes in slices, each in a transaction of its own that is checked first.

    Args:
        database: Where to.
        check: Called first in every transaction; raises if nothing may be written any more.
        clock: Seconds, for the size of the next slice.
        rest: Waits so many seconds.
    """

    def __init__(
        self,
        database: Database,
        check: Callable[[Session], object],
        *,
        clock: Callable[[], float] = time.monotonic,
        rest: Callable[[float], object] = time.sleep,
    ) -> None:
        self._database = database
        self._check = check
        self._clock = clock
        self._rest = rest
        self._sizes: dict[str, int] = {}

    def once(self, write: Callable[[Session], _Result]) -> _Result:
        """Write something short in one transaction; return what ``write`` returns."""
        with self._database.write() as session:
            self._check(session)
            result = write(session)
        self._rest(_REST_SECONDS)
        return result

    def each(
        self,
        what: str,
        rows: Sequence[_Row],
        write: Callable[[Session, Sequence[_Row]], object],
        *,
        least: int = 32,
    ) -> None:
        """Write all rows, as many at once as fit into a slice; what is written stays written.

        Args:
            what: Name of the kind of row; the pace learned for it is kept.
            rows: In the order in which they are written.
            write: Writes some of them; must do no harm if a crash makes it write them again.
            least: So many at first, and at once even if it takes long: on a machine that gives
                this process little time, single rows would take as long and never end.
        """
        done = 0
        while done < len(rows):
            size = self._sizes.setdefault(what, least)
            part = rows[done : done + size]
            with self._database.write() as session:
                self._check(session)  # the first statement waits for the lock: not our time
                begun = self._clock()
                write(session, part)
            self._learn(what, least, len(part), self._clock() - begun)
            done += len(part)
            self._rest(_REST_SECONDS)

    def _learn(self, what: str, least: int, written: int, seconds: float) -> None:
        size = self._sizes[what]
        fitting = written * SLICE_SECONDS / max(seconds, 1e-6)
        if written < size and fitting > size:
            return  # the last, short slice says nothing about longer ones
        steady = min(max(fitting, size / _STEP), size * _STEP)  # one hiccup is not the rule
        self._sizes[what] = max(least, min(int(steady), _MOST_ROWS))
