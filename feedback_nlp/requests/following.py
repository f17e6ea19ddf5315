"""What an edit of topics did to requests, kept with the edit, so that undo gives all of it back."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlmodel import Session, col

from feedback_nlp.labels import Origin, ReporterStatus
from feedback_nlp.loop import NOTIFYING
from feedback_nlp.requests.evidence import id_of, refresh_evidence
from feedback_nlp.requests.locking import hold_requests
from feedback_nlp.requests.notices import open_notices, supersede_strangers
from feedback_nlp.requests.withdrawing import is_as_born, withdraw_request
from feedback_nlp.store.tables import Evidence, FeatureRequest, StatusEvent

_FOLLOWING = ("topic_id", "status", "reporter_status", "duplicate_of_key")
_BY_PEOPLE = ("owner", "effort", "strategic_weight", "due", "target_release", "tracker_url")

States = Mapping[str, Mapping[str, Any]]
"""What follows the topics, by request key."""


def request_states(session: Session) -> States:
    """Return of every request what an edit of topics may change, titles aside: they follow names."""
    hold_requests(session)
    session.flush()
    return {
        request.key: {name: getattr(request, name) for name in _FOLLOWING}
        for request in session.scalars(select(FeatureRequest))
    }


def difference(before: States, after: States) -> dict[str, Any]:
    """Return what :func:`take_back` needs: requests that changed, with both states, and new ones."""
    return {
        "changed": {
            key: [dict(before[key]), dict(state)]
            for key, state in after.items()
            if key in before and before[key] != state
        },
        "added": [key for key in after if key not in before],
    }


def take_back(session: Session, done: Mapping[str, Any], *, actor: str, now: datetime) -> None:
    """Put requests back to where they were before an edit of topics.

    A request that somebody moved on since then stays where it is. One that the edit made
    is withdrawn if nobody has touched it; its number is not given again.

    Args:
        session: The writing session; nothing is committed.
        done: As :func:`difference` returned it.
        actor: Who undoes.
        now: Time of the events.
    """
    hold_requests(session)
    put_back: list[FeatureRequest] = []
    left: set[str] = set()
    for key, (before, after) in done.get("changed", {}).items():
        request = _find(session, key)
        if request is None or {name: getattr(request, name) for name in _FOLLOWING} != after:
            continue
        if before["status"] != after["status"]:
            request.version += 1
            session.add(
                StatusEvent(
                    request_id=request.id or 0,
                    from_status=after["status"],
                    to_status=before["status"],
                    from_reporter_status=after["reporter_status"],
                    to_reporter_status=before["reporter_status"],
                    actor=actor,
                    reason="撤销对主题的改动",
                    happened_at=now,
                )
            )
        for name, value in before.items():
            setattr(request, name, value)
        request.updated_at = now
        session.add(request)
        put_back.append(request)
        if after["duplicate_of_key"] and not before["duplicate_of_key"]:
            left.add(after["duplicate_of_key"])
    _owe_again(session, put_back, left, now=now)
    for key in done.get("added", ()):
        request = _find(session, key)
        if request is not None and _is_untouched(session, request):
            withdraw_request(session, request)
    session.flush()


def _owe_again(
    session: Session, put_back: list[FeatureRequest], left: set[str], *, now: datetime
) -> None:
    """Owe anew what a merge had withdrawn; whom it left tells only those who still ask for it."""
    if not put_back:
        return
    session.flush()
    targets = [target for key in sorted(left) if (target := _find(session, key)) is not None]
    refresh_evidence(session, only={id_of(request) for request in (*put_back, *targets)})
    for request in put_back:
        if ReporterStatus(request.reporter_status) in NOTIFYING:
            open_notices(session, request, now=now)
    for target in targets:
        supersede_strangers(session, target, now=now)


def _find(session: Session, key: str) -> FeatureRequest | None:
    return session.scalars(select(FeatureRequest).where(col(FeatureRequest.key) == key)).first()


def _is_untouched(session: Session, request: FeatureRequest) -> bool:
    """Tell whether the engine made a request, and no person has added anything to it."""
    by_hand = select(func.count()).where(
        col(Evidence.request_id) == request.id, col(Evidence.added_by) != Origin.AUTO.value
    )
    return (
        is_as_born(session, request)
        and not session.scalar(by_hand)
        and not request.labels
        and request.topic_id is not None
        and all(getattr(request, name) is None for name in _BY_PEOPLE)
    )
