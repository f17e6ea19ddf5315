"""The pull job: fetch page by page, and take each entry like a push.

Killed anywhere it is done again from the start: what is stored already changes nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from feedback_nlp.inlets.records import Malformed
from feedback_nlp.jobs.receive import OUTCOME_WORDS, receive
from feedback_nlp.outlets.client import Client
from feedback_nlp.outlets.posting import encoded
from feedback_nlp.pulls.config import Pull
from feedback_nlp.pulls.fetching import MAX_PAGE_BYTES, PullFailed
from feedback_nlp.store import Database


@dataclass(frozen=True, slots=True)
class PullReport:
    """What a pull brought.

    Attributes:
        name: Of the pull.
        source: Where its feedback belongs.
        pages, entries: What came.
        outcomes: Entries by what became of them, see ``OUTCOME_WORDS``.
        stopped: Why pages are missing, in Chinese; blank if all came.
        again_after: Seconds that the other side asked to wait.
    """

    name: str
    source: str
    pages: int
    entries: int
    outcomes: Mapping[str, int] = field(default_factory=dict)
    stopped: str = ""
    again_after: float | None = None

    @property
    def words(self) -> str:
        """The report as one Chinese sentence."""
        parts = [f"{OUTCOME_WORDS[name]} {count} 条" for name, count in self.outcomes.items()]
        said = f"拉到 {self.pages} 页 {self.entries} 条" + "".join(f"，{part}" for part in parts)
        return f"{said}；没有拉完：{self.stopped}" if self.stopped else said

    def as_dict(self) -> dict[str, Any]:
        """Return the report as JSON-serialisable values."""
        return asdict(self)


def pull(
    database: Database,
    wanted: Pull,
    client: Client,
    *,
    zone: ZoneInfo,
    now: Callable[[], datetime],
    secret: str | None = None,
    progress: Callable[[str, int, int], None] = lambda _stage, _done, _total: None,
) -> PullReport:
    """Fetch all pages and store what is new or changed.

    Args:
        database: Open, with its schema at head.
        wanted: What to pull.
        client: Careful HTTP.
        zone: Of times that name none.
        now: The clock.
        secret: ``FEEDBACK_SECRET``, if configured.
        progress: Called with stage, pages so far, 0.
    """
    client = replace(client, max_answer_bytes=MAX_PAGE_BYTES)
    outcomes: Counter[str] = Counter()
    pages, stopped, again_after = 0, "", None
    try:
        for entries in wanted.puller.pages(client, now().astimezone(zone)):
            pages += 1
            progress("拉取", pages, 0)
            for entry in entries:
                try:
                    taken = receive(
                        database,
                        wanted.inlet,
                        encoded(entry),
                        {},
                        zone=zone,
                        now=now(),
                        secret=secret,
                    )
                    outcomes[taken.outcome] += 1
                except Malformed:  # kept as such, told in the report; the others go on
                    outcomes["malformed"] += 1
    except PullFailed as failed:
        stopped, again_after = failed.message, failed.again_after
    return PullReport(
        wanted.name,
        wanted.inlet.source,
        pages,
        outcomes.total(),
        dict(outcomes),
        stopped,
        again_after,
    )
