"""Claims jobs, keeps their leases, and says what became of them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta

import structlog

from feedback_nlp.errors import Conflict, FeedbackError, StoreError
from feedback_nlp.store import job_queue
from feedback_nlp.store.job_queue import LEASE, Claimed
from feedback_nlp.worker import plans, presence
from feedback_nlp.worker.handlers import HANDLERS, Handler
from feedback_nlp.worker.workplace import Beat, Later, Workplace

_BEAT_SECONDS = 2.0
_IDLE_SECONDS = 1.0
_PLAN_SECONDS = 10.0
_PRUNE_SECONDS = 3600.0
_TIDY_SECONDS = 300.0  # files that expired may lie that much longer
_KEEP_JOBS = timedelta(days=90)
_FIRST_RETRY = timedelta(seconds=30)
_LAST_RETRY = timedelta(hours=6)
_log = structlog.get_logger("feedback_worker")
Tell = Callable[[Claimed, str, str], None]


class Worker:
    """Does jobs one after the other until it is told to stop.

    Args:
        place: The deployment.
        handlers: By kind; the product's own by default.
        lease: How long a job stays this worker's without a sign of life.
        tell: Called with a job, what became of it and why: ``done``, ``later``, ``failed``.
    """

    def __init__(
        self,
        place: Workplace,
        *,
        handlers: Mapping[str, Handler] = HANDLERS,
        lease: timedelta = LEASE,
        tell: Tell = lambda _job, _outcome, _why: None,
    ) -> None:
        self._place = place
        self._handlers = handlers
        self._lease = lease
        self._tell = tell
        self._stopping = threading.Event()
        self._tidied = float("-inf")

    def stop(self) -> None:
        """Stop at the next sign of progress; what was begun is queued again."""
        self._stopping.set()

    def run(self, *, still_wanted: Callable[[], bool] = lambda: True) -> None:
        """Work until :meth:`stop`, or until nobody wants it any longer.

        A database that cannot be reached is waited for.
        """
        planned = pruned = float("-inf")
        while not self._stopping.is_set() and still_wanted():
            try:
                if time.monotonic() - planned >= _PLAN_SECONDS:
                    self.plan()
                    planned = time.monotonic()
                if time.monotonic() - pruned >= _PRUNE_SECONDS:
                    with self._place.database.write() as session:
                        job_queue.prune(session, _KEEP_JOBS)
                    pruned = time.monotonic()
                if self.do_one():
                    continue
            except StoreError as error:
                _log.error("database-unavailable", reason=error.message)
                self._stopping.wait(_PLAN_SECONDS)
            self._stopping.wait(_IDLE_SECONDS)
        with suppress(StoreError):
            presence.leave(self._place.database)

    def plan(self) -> None:
        """Queue what is due, and say that a worker is here."""
        tidies = time.monotonic() - self._tidied >= _TIDY_SECONDS
        with self._place.database.read() as session:
            wanted = plans.due(session, self._place, tidies=tidies)
            unseen = presence.is_due(session)
        if tidies:
            self._tidied = time.monotonic()
        if wanted or unseen:
            with self._place.database.write() as session:
                presence.show(session)
                for one in wanted:
                    job_queue.enqueue(session, one)

    def do_one(self) -> bool:
        """Do the job that is due longest; false if there is none."""
        with self._place.database.read() as session:
            if not job_queue.is_any_free(session):
                return False
        with self._place.database.write() as session:
            claimed = job_queue.claim(session, self._handlers.keys(), self._lease)
        if claimed is None:
            return False
        lost, over = threading.Event(), threading.Event()
        beat = Beat(self._stopping, lost)
        keeper = threading.Thread(
            target=self._keep, args=(claimed, beat, lost, over), name="lease", daemon=True
        )
        keeper.start()
        try:
            outcome, why = self._do(claimed, beat)
        finally:
            over.set()
            keeper.join()
        _log.info("job", job=claimed.job_id, kind=claimed.kind, outcome=outcome)
        self._tell(claimed, outcome, why)
        return True

    def _do(self, claimed: Claimed, beat: Beat) -> tuple[str, str]:
        try:
            result = self._handlers[claimed.kind](self._place, claimed.payload, beat)
            with self._place.database.write() as session:
                job_queue.finish(session, claimed, result)
        except Later as later:
            with self._place.database.write() as session:
                job_queue.put_off(session, claimed, later.delay, str(later), counts=False)
            return "later", str(later)
        except Conflict as conflict:
            return self._gone_wrong(claimed, conflict.message)
        except FeedbackError as error:
            return self._gone_wrong(claimed, str(error))
        except Exception as error:  # whatever it is, the queue goes on
            _log.exception("job-crashed", job=claimed.job_id, kind=claimed.kind)
            return self._gone_wrong(claimed, f"程序出错（{type(error).__name__}），详见日志")
        return "done", ""

    def _gone_wrong(self, claimed: Claimed, why: str) -> tuple[str, str]:
        with self._place.database.write() as session:
            if claimed.is_last_attempt:
                job_queue.fail(session, claimed, why)
                return "failed", why
            delay = min(_FIRST_RETRY * 4 ** (claimed.attempt - 1), _LAST_RETRY)
            job_queue.put_off(session, claimed, delay, why)
            return "later", why

    def _keep(
        self, claimed: Claimed, beat: Beat, lost: threading.Event, over: threading.Event
    ) -> None:
        """Renew the lease, with the progress, until the job is over or another's."""
        seconds = min(_BEAT_SECONDS, self._lease.total_seconds() / 3)
        renewed, told = time.monotonic(), beat.progress
        while not over.wait(seconds):
            due = time.monotonic() - renewed >= self._lease.total_seconds() / 3
            if not due and beat.progress == told:
                continue
            told = beat.progress
            try:
                with self._place.database.write() as session:
                    if presence.is_due(session):
                        presence.show(session)
                    if not job_queue.renew(session, claimed, self._lease, told):
                        lost.set()
                        return
                renewed = time.monotonic()
            except StoreError as error:  # tried again; the lease is longer than that
                _log.warning("lease-not-renewed", job=claimed.job_id, reason=error.message)
