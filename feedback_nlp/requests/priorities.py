"""Scores every request by its evidence, all as of one week."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import Session, col

from feedback_nlp.config import RankConfig
from feedback_nlp.rank import Subject, rank
from feedback_nlp.requests.evidence import id_of
from feedback_nlp.store.tables import (
    FeatureRequest,
)
from feedback_nlp.store.voices import request_voices
from feedback_nlp.store.volume import exposure, history_weeks, usual_week
from feedback_nlp.weeks import Scope


def refresh_priorities(
    session: Session, config: RankConfig, *, zone: ZoneInfo, now: datetime
) -> None:
    """Score every request by its evidence, as of the last week that is over and not thin.

    What has come in since, a stray row or the first days of a week, moves no stored score.
    """
    min_share = config.usual_week_min_share
    chosen = usual_week(session, zone, now=now, min_share=min_share)
    if chosen is None:
        return
    scope = Scope(chosen.week, zone)
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
            history_weeks=history_weeks(session, scope, min_share=min_share),
            exposure=exposure(
                session, scope, usual_weeks=config.trend_history_weeks, min_share=min_share
            ),
        )
    }
    for request in requests:
        item = scored.get(id_of(request))
        request.priority = item.score if item else None
        request.priority_low = item.low if item else None
        request.priority_high = item.high if item else None
        request.priority_parts = dict(item.parts) if item else {}
        session.add(request)
    session.flush()
