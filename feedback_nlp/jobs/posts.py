"""Posts that wait are stored together: one transaction, one flush to the disk for all of them.

Whoever posts waits for that commit, so an acknowledged item is on disk. Posts come in any
number of threads; one thread writes. While it waits for the disk others gather, and
become the next group: under load groups grow, alone a post is a group by itself.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlmodel import Session

from feedback_nlp.clean import Pseudonymizer
from feedback_nlp.errors import FeedbackError, StoreError
from feedback_nlp.jobs.ingest import source_name
from feedback_nlp.jobs.preparing import Preparer
from feedback_nlp.labels import SourceKind
from feedback_nlp.records import RawItem, Rejection
from feedback_nlp.store import Database, ingestion
from feedback_nlp.store.keys import deployment_secret
from feedback_nlp.store.posting import Landing, PostedRows, store_posts
from feedback_nlp.store.tables import Source

_MAX_ITEMS = 1_000
_MAX_POSTS = 200


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of one post.

    Attributes:
        batch_id: Its batch.
        landings: What became of each item, in order.
    """

    batch_id: int
    landings: Sequence[Landing]


@dataclass(slots=True)
class _Waiting:
    rows: Sequence[dict[str, Any] | Rejection]
    source: str
    kind: SourceKind | None
    product: str | None
    now: datetime
    done: Future[Receipt] = field(default_factory=Future)


class PostDesk:
    """Takes posts and stores them in groups.

    Args:
        database: Open, with its schema at head once the first post comes.
        secret: ``FEEDBACK_SECRET``, if configured.
    """

    def __init__(self, database: Database, secret: str | None = None) -> None:
        self._database = database
        self._secret = secret
        self._pseudonymizer: Pseudonymizer | None = None
        self._waiting: deque[_Waiting] = deque()
        self._some = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    def post(
        self,
        items: Sequence[RawItem | Rejection],
        *,
        source: str,
        now: datetime,
        kind: SourceKind | None = None,
        product: str | None = None,
    ) -> Future[Receipt]:
        """Take a post; the future is done once it is on disk.

        Cleans and redacts in the thread that calls. The future fails with the same errors as
        :func:`feedback_nlp.jobs.ingest.ingest_items`.

        Raises:
            InputError: If the name of the source is not usable.
            ConfigError: If the key of this database is another one.
        """
        name = source_name(source)
        preparer = Preparer(self._stand_ins(), product, name)
        waiting = _Waiting([preparer.values(item, now) for item in items], name, kind, product, now)
        with self._some:
            if self._closed:
                raise StoreError("服务正在停止", hint="稍后照原样重发")
            self._waiting.append(waiting)
            if self._thread is None:
                self._thread = threading.Thread(target=self._write_all, daemon=True)
                self._thread.start()
            self._some.notify()
        return waiting.done

    @property
    def is_ready(self) -> bool:
        """Whether a post waits for no database before it is taken: the key has been read."""
        return self._pseudonymizer is not None

    def close(self) -> None:
        """Store what waits, and take no more."""
        with self._some:
            self._closed = True
            self._some.notify()
        if self._thread is not None:
            self._thread.join()

    def _stand_ins(self) -> Pseudonymizer:
        if self._pseudonymizer is None:
            with self._database.write() as session:
                key = deployment_secret(session, self._secret)
            self._pseudonymizer = Pseudonymizer(key)
        return self._pseudonymizer

    def _write_all(self) -> None:
        while group := self._next_group():
            try:
                self._write(group)
            except BaseException as error:  # the outer edge of a group: everybody is told
                for waiting in group:
                    if not waiting.done.done():
                        waiting.done.set_exception(error)

    def _next_group(self) -> list[_Waiting]:
        """Wait for posts; return nothing once closed and empty."""
        group: list[_Waiting] = []
        items = 0
        with self._some:
            while not self._waiting and not self._closed:
                self._some.wait()
            while self._waiting and len(group) < _MAX_POSTS:
                items += len(self._waiting[0].rows)
                if group and items > _MAX_ITEMS:
                    break
                group.append(self._waiting.popleft())
        return group

    def _write(self, group: Sequence[_Waiting]) -> None:
        stored: list[tuple[_Waiting, PostedRows]] = []
        refused: list[tuple[_Waiting, FeedbackError]] = []
        with self._database.write() as session:
            sources: dict[tuple[str, SourceKind | None, str | None], Source] = {}
            for waiting in group:
                try:
                    owner = self._source(session, waiting, sources)
                except FeedbackError as error:
                    refused.append((waiting, error))
                    continue
                for row in waiting.rows if owner.product else ():
                    if not isinstance(row, Rejection):
                        row["product"] = row["product"] or owner.product
                stored.append((waiting, PostedRows(owner.id or 0, waiting.rows)))
            if stored:
                store_posts(session, [posted for _, posted in stored], now=group[-1].now)
        for waiting, posted in stored:  # committed
            waiting.done.set_result(Receipt(posted.batch_id, posted.landings))
        for waiting, refusal in refused:
            waiting.done.set_exception(refusal)

    def _source(
        self,
        session: Session,
        waiting: _Waiting,
        sources: dict[tuple[str, SourceKind | None, str | None], Source],
    ) -> Source:
        wanted = (waiting.source, waiting.kind, waiting.product)
        if wanted not in sources:
            found = ingestion.find_source(session, waiting.source)
            fits = (
                found is not None
                and (waiting.kind is None or found.kind == waiting.kind.value)
                and (found.product is not None or waiting.product is None)
            )
            sources[wanted] = (
                found
                if found is not None and fits
                else ingestion.ensure_source(
                    session,
                    waiting.source,
                    now=waiting.now,
                    kind=waiting.kind,
                    product=waiting.product,
                )
            )
        return sources[wanted]
