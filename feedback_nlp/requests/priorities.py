"""Scores every request by its evidence, all as of one week."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlmodel import Session, col

from feedback_nlp.config import RankConfig
from feedback_nlp.rank import Subject, rank
from feedback_nlp.requests.evidence import id_of
from feedback_nlp.store.tables import (
    FeatureRequest,
)
from feedback_nlp.store.voices import exposure, history_weeks, latest_week, request_voices
from feedback_nlp.weeks import Scope, Week


def ranked_week(session: Session) -> Week | None:
    """Return the week that the stored priorities are as of, ``None`` before the first ranking."""
    week = session.scalar(select(func.max(col(FeatureRequest.priority_week))))
    return None if week is None else Week.parse(week)


def refresh_priorities(
    session: Session, config: RankConfig, *, zone: ZoneInfo, as_of: Week | None = None
) -> None:
    """Score every request by its evidence.

    Args:
        session: The writing session; nothing is committed.
        config: Weights of the ranking.
        zone: Where weeks begin.
        as_of: The ranked week; ``None`` for the last with data. An edit gives
            :func:`ranked_week`: feedback that came since must not move anything by it.
    """
    week = as_of or latest_week(session, zone)
    if week is None:
        return
    scope = Scope(week, zone)
    requests = list(session.scalars(select(FeatureRequest).order_by(col(FeatureRequest.id))))
    scored = {
        item.subject_id: item
        for item in rank(
            [
                Subject(id_of(request), strategic=request.strategic_weight, effort=request.effort)
                for request in requests
            ],
            request_voices(session, scope, horizon_weeks=config.horizon_weeks),
            config,
            history_weeks=history_weeks(session, scope),
            exposure=exposure(session, scope, usual_weeks=config.trend_history_weeks),
        )
    }
    for request in requests:
        item = scored.get(id_of(request))
        request.priority = item.score if item else None
        request.priority_low = item.low if item else None
        request.priority_high = item.high if item else None
        request.priority_parts = dict(item.parts) if item else {}
        request.priority_week = str(week)
        session.add(request)
    session.flush()
