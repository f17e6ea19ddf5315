"""People's edits of topics, and all that follows from them in the same transaction.

A merge, rename, move, split or undo counts at once: requests, evidence, priorities and
alerts are brought in step before the edit is committed, and the digest is computed from
these rows whenever it is read. What the edit did to requests is kept in its ledger entry.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sqlmodel import Session, col, select

from feedback_nlp.editing import Edit, topic_edits
from feedback_nlp.jobs.edit_desk import EditDesk
from feedback_nlp.requests.following import difference, request_states, take_back
from feedback_nlp.requests.locking import hold_requests
from feedback_nlp.store.edit_marks import last_topic_event
from feedback_nlp.store.tables import TopicEvent

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class TopicDesk(EditDesk):
    """Where topics are edited."""

    def apply(self, act: Callable[[Session, Edit], _Result]) -> _Result:
        """Apply one edit of :mod:`feedback_nlp.editing.topic_edits` and let all else follow it."""
        before = request_states(self.session)
        last = last_topic_event(self.session)
        result = act(self.session, self.edit)
        self.follow(last)
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
        self.follow(last)
        return event

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
