"""People's edits of topics, and all that follows from them in the same transaction.

A merge, rename, move, split or undo counts at once: requests, evidence, priorities and
alerts are brought in step before the edit is committed, and the digest is computed from
these rows whenever it is read. What the edit did to requests is kept in its ledger entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from feedback_nlp.config import PipelineConfig
from feedback_nlp.editing import Edit, topic_edits
from feedback_nlp.jobs.alerts import refresh_some_alerts
from feedback_nlp.pipeline import keep_edited_requests
from feedback_nlp.requests.evidence import id_of
from feedback_nlp.requests.following import difference, request_states, take_back
from feedback_nlp.requests.locking import hold_requests
from feedback_nlp.store.edit_marks import last_topic_event, topics_to_recount
from feedback_nlp.store.tables import FeatureRequest, TopicEvent

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class TopicDesk:
    """Where topics are edited.

    Attributes:
        session: The writing session; the caller commits.
        config: How requests are ranked and alerts are found.
        zone: Where weeks begin.
        edit: Who edits, and when.
    """

    session: Session
    config: PipelineConfig
    zone: ZoneInfo
    edit: Edit

    def apply(self, act: Callable[[Session, Edit], _Result]) -> _Result:
        """Apply one edit of :mod:`feedback_nlp.editing.topic_edits` and let all else follow it."""
        before = request_states(self.session)
        last = last_topic_event(self.session)
        result = act(self.session, self.edit)
        self._follow(last)
        done = difference(before, request_states(self.session))
        if any(done.values()):
            self._keep(done, last)
        return result

    def undo(self, topic_id: int) -> TopicEvent:
        """Take back the last edit of a topic with all that followed from it; return that edit.

        Raises:
            NotFound: If there is nothing to take back.
        """
        hold_requests(self.session)  # before any unit: an analysis takes both in this order
        last = last_topic_event(self.session)
        event = topic_edits.undo(self.session, topic_id, self.edit)
        take_back(
            self.session,
            event.detail.get("requests", {}),
            actor=self.edit.actor,
            now=self.edit.now,
        )
        self._follow(last)
        return event

    def _follow(self, last: int) -> None:
        follow_edit(self.session, self.config, last, zone=self.zone, now=self.edit.now)

    def _keep(self, done: dict[str, object], last: int) -> None:
        """Write what requests did into the newest entry of this edit: the one that undo finds."""
        event = self.session.exec(
            select(TopicEvent)
            .where(col(TopicEvent.id) > last)
            .order_by(col(TopicEvent.id).desc())
            .limit(1)
        ).first()
        if event is not None:
            event.detail = {**event.detail, "requests": done}
            self.session.add(event)
            self.session.flush()


def follow_edit(
    session: Session,
    config: PipelineConfig,
    since: int,
    requests: Iterable[FeatureRequest] = (),
    *,
    zone: ZoneInfo,
    now: datetime,
) -> None:
    """Bring requests, evidence, priorities and alerts in step with what was just edited.

    Args:
        session: The writing session; nothing is committed.
        config: How requests are ranked and alerts are found.
        since: The last entry of the topics' ledger before the edit.
        requests: Whose evidence was changed by hand.
        zone: Where weeks begin.
        now: Time of the edit.
    """
    session.flush()
    topic_ids = topics_to_recount(session, since)
    request_ids = [id_of(request) for request in requests]
    keep_edited_requests(session, config, topic_ids, request_ids, zone=zone, now=now)
    refresh_some_alerts(session, config, topic_ids, zone=zone, now=now)
