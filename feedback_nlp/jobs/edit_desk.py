"""What all places of edits share: who edits what with which rules, and what follows at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel import Session

from feedback_nlp.config import PipelineConfig
from feedback_nlp.editing import Edit
from feedback_nlp.errors import InputError
from feedback_nlp.jobs.alerts import refresh_some_alerts
from feedback_nlp.pipeline import keep_edited_requests
from feedback_nlp.requests.evidence import id_of
from feedback_nlp.requests.versions import note_edit
from feedback_nlp.store.edit_marks import topics_to_recount
from feedback_nlp.store.tables import FeatureRequest


@dataclass(frozen=True, slots=True)
class EditDesk:
    """Where something is edited, with all that follows from it in the same transaction.

    Attributes:
        session: The writing session; the caller commits.
        config: How requests are ranked and alerts are found.
        zone: Where weeks begin.
        edit: Who edits, when and why.
    """

    session: Session
    config: PipelineConfig
    zone: ZoneInfo
    edit: Edit

    def require_actor(self, done: str) -> None:
        """Refuse what nobody signed.

        Args:
            done: What was done, as 拆 in 没有写是谁拆的.

        Raises:
            InputError: If no actor is named.
        """
        if not self.edit.actor:
            raise InputError(f"没有写是谁{done}的", reason="no-actor")

    def follow(self, since: int, requests: Iterable[FeatureRequest] = ()) -> None:
        """Bring requests, evidence, priorities and alerts in step with what was just edited.

        Args:
            since: The last entry of the topics' ledger before the edit.
            requests: Whose evidence was changed by hand.
        """
        self.session.flush()
        topic_ids = topics_to_recount(self.session, since)
        request_ids = [id_of(request) for request in requests]
        session, config, zone, now = self.session, self.config, self.zone, self.edit.now
        keep_edited_requests(session, config, topic_ids, request_ids, zone=zone, now=now)
        refresh_some_alerts(session, config, topic_ids, zone=zone, now=now)

    def note(self, request: FeatureRequest, detail: dict[str, Any]) -> None:
        """Write an edit into the history of a request."""
        edit = self.edit
        note_edit(self.session, request, detail, actor=edit.actor, now=edit.now, reason=edit.reason)
