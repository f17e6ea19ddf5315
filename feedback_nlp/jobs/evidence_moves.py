"""Takes evidence out of a request, or moves it to another, and takes either back.

What a topic brought leaves the topic, so that no later analysis brings it back; what people had
added by hand moves as it is. People who stand behind a request no more are owed nothing by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlmodel import col

from feedback_nlp.editing import topic_edits
from feedback_nlp.errors import Conflict, InputError
from feedback_nlp.jobs.edit_desk import EditDesk
from feedback_nlp.labels import Origin, ReporterStatus
from feedback_nlp.loop import NOTIFYING
from feedback_nlp.requests.evidence import id_of
from feedback_nlp.requests.locking import hold_requests
from feedback_nlp.requests.moving import get_request
from feedback_nlp.requests.notices import open_notices, supersede_strangers
from feedback_nlp.requests.versions import last_moved
from feedback_nlp.store.edit_marks import last_topic_event, topic_events_since
from feedback_nlp.store.tables import Evidence, FeatureRequest, RequestEdit

_AUTO = Origin.AUTO.value


@dataclass(frozen=True, slots=True)
class EvidenceDesk(EditDesk):
    """Where evidence is put right."""

    def move(self, key: str, unit_ids: Sequence[int], to: str | None = None) -> str | None:
        """Move evidence to another request, or take it out of this one; return the other's key.

        Args:
            key: The request that it stands behind now.
            unit_ids: Which units.
            to: The other request; ``None`` for none.

        Raises:
            NotFound: If there is no such request.
            InputError: If no unit or no actor is named.
            Conflict: If both requests are one, or a unit is no evidence of it (any more).
        """
        self.require_actor("改")
        hold_requests(self.session)
        request = get_request(self.session, key)
        target = None if to is None else get_request(self.session, to)
        if target is not None and id_of(target) == id_of(request):
            raise Conflict(f"{request.key} 就是它自己", hint="选另一个需求")
        rows = self._evidence(request, unit_ids)
        by_hand = [(row.unit_id, row.added_by) for row in rows if row.added_by != _AUTO]
        from_topic = [row.unit_id for row in rows if row.added_by == _AUTO]
        last = last_topic_event(self.session)
        if target is not None and target.topic_id is not None and from_topic:
            topic_edits.move_units(self.session, from_topic, target.topic_id, self.edit)
            given = [unit for unit, _ in by_hand]
        else:
            topic_edits.take_out(self.session, from_topic, self.edit)
            given = [row.unit_id for row in rows]
        self._drop(request, [row.unit_id for row in rows])
        added = [] if target is None else self._give(target, given)
        events = topic_events_since(self.session, last)
        how = {"events": events, "by_hand": by_hand, "added": added, "count": len(rows)}
        self.note(request, {"moved": [how, target.key if target else None]})
        self._follow_and_tell(last, lost=request, won=target)
        return target.key if target else None

    def undo(self, key: str) -> int:
        """Take the last move back; return how many pieces came back.

        Raises:
            NotFound: If there is no such request.
            Conflict: If nothing was moved.
            InputError: If no actor is named.
        """
        self.require_actor("改")
        hold_requests(self.session)
        request = get_request(self.session, key)
        edits = self.session.scalars(
            select(RequestEdit)
            .where(col(RequestEdit.request_id) == id_of(request))
            .order_by(col(RequestEdit.id))
        )
        done = last_moved(edits)
        if done is None:
            raise Conflict(f"{request.key} 没有移走或剔除的证据可撤销", hint="每次撤销最近的一次")
        how, to = done.detail["moved"]
        target = None if to is None else get_request(self.session, to)
        if target is not None:
            self._drop(target, how["added"])
        last = last_topic_event(self.session)
        topic_edits.undo_events(self.session, how["events"], self.edit)
        present = self._units_of(request)
        self.session.add_all(
            Evidence(request_id=id_of(request), unit_id=unit, added_by=by)
            for unit, by in how["by_hand"]
            if unit not in present
        )
        self.note(request, {"unmoved": [done.id, None]})
        self._follow_and_tell(last, lost=target, won=request)
        return int(how["count"])

    def _evidence(self, request: FeatureRequest, unit_ids: Sequence[int]) -> list[Evidence]:
        wanted = set(unit_ids)
        if not wanted:
            raise InputError("没有勾选证据", hint="在“证据”里勾上要动的几条")
        rows = self.session.scalars(
            select(Evidence).where(
                col(Evidence.request_id) == id_of(request), col(Evidence.unit_id).in_(wanted)
            )
        ).all()
        missing = sorted(wanted - {row.unit_id for row in rows})
        if missing:
            raise Conflict(
                f"观点 {missing} 不是 {request.key} 的证据", hint="它可能已被移走，刷新后再试"
            )
        return list(rows)

    def _drop(self, request: FeatureRequest, unit_ids: Sequence[int]) -> None:
        rows = self.session.scalars(
            select(Evidence).where(
                col(Evidence.request_id) == id_of(request), col(Evidence.unit_id).in_(unit_ids)
            )
        )
        for row in rows:
            self.session.delete(row)
        self.session.flush()

    def _give(self, target: FeatureRequest, unit_ids: Sequence[int]) -> list[int]:
        """Put units behind a request by hand; return those that were not there."""
        present = self._units_of(target)
        added = [unit for unit in unit_ids if unit not in present]
        self.session.add_all(
            Evidence(request_id=id_of(target), unit_id=unit, added_by=self.edit.actor.strip())
            for unit in added
        )
        return added

    def _units_of(self, request: FeatureRequest) -> set[int]:
        return set(
            self.session.scalars(
                select(col(Evidence.unit_id)).where(col(Evidence.request_id) == id_of(request))
            )
        )

    def _follow_and_tell(
        self, last: int, *, lost: FeatureRequest | None, won: FeatureRequest | None
    ) -> None:
        changed = [request for request in (lost, won) if request is not None]
        self.follow(last, changed)
        if lost is not None:
            supersede_strangers(self.session, lost, now=self.edit.now)
        if won is not None and ReporterStatus(won.reporter_status) in NOTIFYING:
            open_notices(self.session, won, now=self.edit.now)
