"""Waits in the event loop for what a thread finishes, many at a time.

``asyncio.wrap_future`` wakes the loop once for each future. A thread that finishes a whole group
at once wakes it here once, and says the rest while the loop is still on its way.
"""

from __future__ import annotations

import asyncio
from collections import deque
from concurrent.futures import Future
from typing import Any, TypeVar

_T = TypeVar("_T")


class Awaiter:
    """Hands the results of a thread's futures to coroutines of the loop that asks."""

    def __init__(self) -> None:
        self._hall: _Hall | None = None

    async def result(self, future: Future[_T]) -> _T:
        """Return what the future is done with, or raise its error.

        A coroutine that is cancelled meanwhile leaves the future to finish by itself.
        """
        loop = asyncio.get_running_loop()
        hall = self._hall
        if hall is None or hall.loop is not loop:
            hall = self._hall = _Hall(loop)
        waiter: asyncio.Future[_T] = loop.create_future()
        future.add_done_callback(lambda done: hall.finished(done, waiter))
        return await waiter


class _Hall:
    """Those who wait in one loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._done: deque[tuple[Future[Any], asyncio.Future[Any]]] = deque()
        self._is_called = False

    def finished(self, future: Future[Any], waiter: asyncio.Future[Any]) -> None:
        """Note it, and call the loop unless it is called already; from any thread."""
        self._done.append((future, waiter))
        if not self._is_called:  # two threads may both call: the second finds nothing left
            self._is_called = True
            self.loop.call_soon_threadsafe(self._hand_out)

    def _hand_out(self) -> None:
        self._is_called = False  # first: who is noted from here on calls again
        while self._done:
            future, waiter = self._done.popleft()
            if waiter.done():  # its request was given up
                continue
            error = future.exception()
            if error is None:
                waiter.set_result(future.result())
            else:
                waiter.set_exception(error)
