"""What a handler is given."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from feedback_nlp.config import PipelineConfig
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Workplace:
    """The deployment that a worker works for.

    Attributes:
        database: Open, its schema at head.
        settings: Where things are.
        config: How an analysis is done.
        now: The clock; tests set it.
    """

    database: Database
    settings: Settings
    config: PipelineConfig
    now: Callable[[], datetime] = _utc_now


class Later(Exception):
    """A handler cannot do its job now, through no fault of the job: it is not an attempt.

    Args:
        why: For people.
        delay: When to try again.
    """

    def __init__(self, why: str, delay: timedelta) -> None:
        super().__init__(why)
        self.delay = delay


class Beat:
    """Says how far a job is; a handler calls it often, so that a stop or a loss is noticed.

    Args:
        stopping: Set when the worker is to stop.
        lost: Set when the job is another worker's.
    """

    def __init__(self, stopping: threading.Event, lost: threading.Event) -> None:
        self._stopping, self._lost = stopping, lost
        self.progress: dict[str, Any] | None = None

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Tell the stage, in Chinese, and how much of it is done.

        Raises:
            Later: If the worker is to stop; what is committed stays, the rest is done later.
        """
        self.progress = {"stage": stage, "done": done, "total": total}
        if self._lost.is_set():
            raise Later("已经由别的进程接手", timedelta())
        if self._stopping.is_set():
            raise Later("停止时没有做完，重新排队", timedelta())
