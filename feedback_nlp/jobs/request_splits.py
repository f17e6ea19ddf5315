"""Splits a request in two, and takes a split back: units, evidence, notices, ranking and history.

Units of a topic go into a topic of their own, so that no later analysis brings them back; what
people had added by hand moves as it is. Who stands behind the new request alone is owed nothing
more by the old one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update
from sqlmodel import col

from feedback_nlp.editing import topic_edits
from feedback_nlp.errors import Conflict, InputError
from feedback_nlp.jobs.edit_desk import EditDesk
from feedback_nlp.labels import Origin, ReporterStatus
from feedback_nlp.loop import NOTIFYING
from feedback_nlp.requests.estimating import checked
from feedback_nlp.requests.evidence import id_of
from feedback_nlp.requests.locking import hold_requests
from feedback_nlp.requests.moving import create_request, get_request
from feedback_nlp.requests.notices import open_notices, supersede_strangers
from feedback_nlp.requests.versions import living_splits
from feedback_nlp.requests.withdrawing import is_as_born, withdraw_request
from feedback_nlp.store.edit_marks import last_topic_event, topic_events_since
from feedback_nlp.store.tables import (
    Evidence,
    FeatureRequest,
    FeedbackUnit,
    RequestEdit,
)

_MAX_TOPIC_NAME = 60


@dataclass(frozen=True, slots=True)
class Splitter(EditDesk):
    """Where requests are split."""

    def split(self, key: str, unit_ids: Sequence[int], title: str) -> FeatureRequest:
        """Take units out of a request into a new one, which begins as new; return that.

        Raises:
            NotFound: If there is no such request.
            InputError: If a unit is no evidence of it, none would be left, or the title or the
                actor is not usable.
        """
        self.require_actor("拆")
        title = str(checked("title", title))
        hold_requests(self.session)
        parent = get_request(self.session, key)
        wanted = self._evidence(parent, unit_ids)
        by_hand = [row.unit_id for row in wanted if row.added_by != Origin.AUTO.value]
        last = last_topic_event(self.session)
        topic_id = self._take_topic(
            [row.unit_id for row in wanted if row.added_by == Origin.AUTO.value], title
        )
        child = self._make(parent, wanted, title, topic_id)
        self.session.execute(
            update(Evidence)
            .where(col(Evidence.request_id) == id_of(parent), col(Evidence.unit_id).in_(by_hand))
            .values(request_id=id_of(child))
            .execution_options(synchronize_session=False)
        )
        how = {"events": topic_events_since(self.session, last), "by_hand": by_hand}
        self.note(parent, {"split": [how, child.key]})
        self.follow(last, [parent, child])
        supersede_strangers(self.session, parent, now=self.edit.now)
        return child

    def undo(self, key: str) -> str:
        """Take the last split of a request back; return the key of the request that is withdrawn.

        Raises:
            NotFound: If there is no such request.
            Conflict: If nothing was split off, or somebody has worked on the new request since.
        """
        hold_requests(self.session)
        parent = get_request(self.session, key)
        how, child_key = self._last_split(parent)
        child = get_request(self.session, child_key)
        if not is_as_born(self.session, child):
            raise Conflict(
                f"{child.key} 拆出来以后有人动过，不能撤销",
                hint=f"把 {child.key} 标为与 {parent.key} 重复，证据和跟进的人就回到 {parent.key}",
            )
        last = last_topic_event(self.session)
        topic_edits.undo_events(self.session, how["events"], self.edit)
        self.session.execute(
            update(Evidence)
            .where(
                col(Evidence.request_id) == id_of(child),
                col(Evidence.unit_id).in_(how["by_hand"]),
            )
            .values(request_id=id_of(parent))
            .execution_options(synchronize_session=False)
        )
        withdraw_request(self.session, child)
        self.note(parent, {"unsplit": [child_key, None]})
        self.follow(last, [parent])
        if ReporterStatus(parent.reporter_status) in NOTIFYING:
            open_notices(self.session, parent, now=self.edit.now)  # owed again by this one
        return child_key

    def _evidence(self, parent: FeatureRequest, unit_ids: Sequence[int]) -> list[Evidence]:
        rows = self.session.scalars(
            select(Evidence).where(col(Evidence.request_id) == id_of(parent))
        ).all()
        wanted = set(unit_ids)
        missing = sorted(wanted - {row.unit_id for row in rows})
        hint = "列出这个需求的证据，看每条的 unit_id"
        if not wanted:
            raise InputError("没有写要拆出哪些观点", hint=hint)
        if missing:
            raise Conflict(f"观点 {missing} 不是 {parent.key} 的证据", hint=hint)
        if len(wanted) == len(rows):
            raise Conflict(f"{parent.key} 的证据全拿走就不是拆了", hint="至少留一条，或只改标题")
        return [row for row in rows if row.unit_id in wanted]

    def _take_topic(self, unit_ids: Sequence[int], title: str) -> int | None:
        """Put units into a new topic; ``None`` where they belong to none."""
        by_topic = topic_edits.units_by_topic(self.session, unit_ids)
        child_id: int | None = None
        for topic_id, units in by_topic.items():  # of merged requests there may be several
            if child_id is None:
                name = title[:_MAX_TOPIC_NAME]
                child_id = topic_edits.split(self.session, topic_id, units, name, self.edit).id
            else:
                topic_edits.move_units(self.session, units, child_id, self.edit)
        return child_id

    def _make(
        self, parent: FeatureRequest, wanted: Sequence[Evidence], title: str, topic_id: int | None
    ) -> FeatureRequest:
        units = [row.unit_id for row in wanted]
        intents = self.session.scalars(
            select(col(FeedbackUnit.intent)).where(col(FeedbackUnit.id).in_(units))
        )
        intent = Counter(intents).most_common(1)[0][0]
        why = f"：{self.edit.reason}" if self.edit.reason else ""
        child = create_request(
            self.session,
            title=title,
            intent=intent,
            now=self.edit.now,
            topic_id=topic_id,
            product=parent.product,
            actor=self.edit.actor.strip(),
            reason=f"从 {parent.key} 拆出{why}",
        )
        self.session.flush()
        return child

    def _last_split(self, parent: FeatureRequest) -> tuple[Mapping[str, Any], str]:
        edits = self.session.scalars(
            select(RequestEdit)
            .where(col(RequestEdit.request_id) == id_of(parent))
            .order_by(col(RequestEdit.id))
        )
        living = living_splits(edits)
        if not living:
            raise Conflict(
                f"{parent.key} 没有可撤销的拆分", hint="拆过才能撤销，每次撤销最近的一次"
            )
        child_key = next(reversed(living))
        return living[child_key], child_key
