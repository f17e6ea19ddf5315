"""Requests follow an analysis in slices, while people go on working with them.

:func:`~feedback_nlp.requests.sync.sync_requests` does the same in one transaction, which is
right for one edit and far too long for all that an analysis moved. Here everything is
computed from a snapshot, and each slice writes what holds at that moment: it looks again at
the few rows that it is about, so that an edit made meanwhile stands.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import Session, col

from feedback_nlp.config import RankConfig
from feedback_nlp.labels import Origin
from feedback_nlp.requests.evidence import set_evidence, topics_behind, wanted_units
from feedback_nlp.requests.locking import hold_requests
from feedback_nlp.requests.priorities import Ranked, rank_requests, store_ranks
from feedback_nlp.requests.sync import (
    askable,
    count_requests,
    follow_merges,
    follow_topics,
    make_missing,
    merged_away,
    without_request,
)
from feedback_nlp.store import Database
from feedback_nlp.store.edit_marks import EditMark, edit_mark, topics_touched_since
from feedback_nlp.store.slices import Slices
from feedback_nlp.store.tables import Evidence

_RANKINGS = 5


def catch_up_requests(
    database: Database, slices: Slices, config: RankConfig, *, zone: ZoneInfo, now: datetime
) -> int:
    """Let requests, evidence and priorities follow the topics; return how many requests there are.

    Args:
        database: The store.
        slices: What writes.
        config: Weights, and how many people make a request.
        zone: Where weeks begin.
        now: Time of the events.
    """
    with database.read() as session:
        asked, merged, seen = askable(session), merged_away(session), edit_mark(session)

    def follow_merge(session: Session, topic_ids: Sequence[int]) -> None:
        hold_requests(session)
        follow_merges(session, topic_ids, now=now)

    def follow(session: Session) -> list[int]:
        hold_requests(session)
        follow_topics(session, asked, now=now)  # and merges that people made meanwhile
        return without_request(session, asked, config)

    def make(session: Session, topic_ids: Sequence[int]) -> None:
        hold_requests(session)
        touched = topics_touched_since(session, seen.topic_event)
        as_seen = [
            one for one in asked if one.topic_id in topic_ids and one.topic_id not in touched
        ]
        as_is = askable(session, touched.intersection(topic_ids))
        make_missing(session, [*as_seen, *as_is], config, now=now)

    slices.each("merges", merged, follow_merge, least=1)
    slices.each("requests", slices.once(follow), make, least=1)
    slices.each("evidence", _to_look_at(database), _set_evidence)
    _rank(database, slices, config, zone=zone, now=now)
    with database.read() as session:
        return count_requests(session)


def _to_look_at(database: Database) -> list[tuple[int, int]]:
    """Return ``(request id, unit id)`` where evidence is missing or stands no longer."""
    found: list[tuple[int, int]] = []
    with database.read() as session:
        for request_id, topic_ids in topics_behind(session).items():
            wanted = set(session.scalars(wanted_units(topic_ids)))
            present = dict(
                session.execute(
                    select(col(Evidence.unit_id), col(Evidence.added_by)).where(
                        col(Evidence.request_id) == request_id
                    )
                ).all()
            )
            automatic = {unit for unit, by in present.items() if by == Origin.AUTO}
            changed = (wanted - present.keys()) | (automatic - wanted)
            found += [(request_id, unit_id) for unit_id in sorted(changed)]
    return found


def _set_evidence(session: Session, pairs: Sequence[tuple[int, int]]) -> None:
    hold_requests(session)
    by_request: dict[int, list[int]] = defaultdict(list)
    for request_id, unit_id in pairs:
        by_request[request_id].append(unit_id)
    behind = topics_behind(session)
    for request_id, unit_ids in by_request.items():
        if request_id in behind:  # it may have been withdrawn meanwhile
            set_evidence(session, request_id, behind[request_id], only=unit_ids)


def _rank(
    database: Database, slices: Slices, config: RankConfig, *, zone: ZoneInfo, now: datetime
) -> None:
    """Rank on a snapshot and store it if nobody edited meanwhile; else rank again.

    Until then each edit ranks everything itself, so a ranking that edits keep overtaking is not
    missed.
    """
    for _ in range(_RANKINGS):
        with database.read() as session:
            mark, ranked = edit_mark(session), rank_requests(session, config, zone=zone, now=now)
        if ranked is None or slices.once(_storing(ranked, config, mark)):
            return


def _storing(ranked: Ranked, config: RankConfig, mark: EditMark) -> Callable[[Session], bool]:
    def store(session: Session) -> bool:
        hold_requests(session)
        if edit_mark(session) != mark:
            return False
        store_ranks(session, ranked, config, has_settled=True)
        return True

    return store
