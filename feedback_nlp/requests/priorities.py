"""Scores every request by its evidence, all as of one week."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlmodel import Session, col

from feedback_nlp.config import RankConfig
from feedback_nlp.rank import Priority, Subject, rank
from feedback_nlp.requests.evidence import id_of
from feedback_nlp.store.tables import (
    FeatureRequest,
)
from feedback_nlp.store.voices import request_voices
from feedback_nlp.store.volume import exposure, history_weeks, usual_week
from feedback_nlp.weeks import Scope, Week


def ranked_week(session: Session) -> Week | None:
    """Return the week that the stored priorities are as of, ``None`` before the first ranking."""
    week = session.scalar(select(func.max(col(FeatureRequest.priority_week))))
    return None if week is None else Week.parse(week)


def refresh_priorities(
    session: Session,
    config: RankConfig,
    *,
    zone: ZoneInfo,
    now: datetime,
    as_of: Week | None = None,
) -> None:
    """Score every request by its evidence, as of the last week that is over and not thin.

    What has come in since, a stray row or the first days of a week, moves no stored score.

    Args:
        session: The writing session; nothing is committed.
        config: Weights of the ranking.
        zone: Where weeks begin.
        now: The clock: which weeks are over.
        as_of: The ranked week, if it is given. An edit gives :func:`ranked_week`: feedback
            that came since must not move anything by it.
    """
    ranked = rank_requests(session, config, zone=zone, now=now, as_of=as_of)
    if ranked is not None:
        store_ranks(session, ranked)


class Ranked(NamedTuple):
    """Scores of all requests.

    Attributes:
        week: They are as of this week.
        scores: By the request's id, as the ranking names it.
    """

    week: Week
    scores: Mapping[int, Priority]


def rank_requests(
    session: Session,
    config: RankConfig,
    *,
    zone: ZoneInfo,
    now: datetime,
    as_of: Week | None = None,
) -> Ranked | None:
    """Score every request and write nothing; ``None`` before anything was analysed.

    Takes what :func:`refresh_priorities` takes; a reading session will do.
    """
    min_share = config.usual_week_min_share
    usual = usual_week(session, zone, now=now, min_share=min_share)
    week = as_of or (None if usual is None else usual.week)
    if week is None:
        return None
    scope = Scope(week, zone)
    requests = session.scalars(select(FeatureRequest).order_by(col(FeatureRequest.id)))
    scored = rank(
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
    return Ranked(week, {item.subject_id: item for item in scored})


def store_ranks(session: Session, ranked: Ranked) -> None:
    """Write scores into all requests; one that has none is unranked."""
    for request in session.scalars(select(FeatureRequest).order_by(col(FeatureRequest.id))):
        item = ranked.scores.get(id_of(request))
        request.priority = item.score if item else None
        request.priority_low = item.low if item else None
        request.priority_high = item.high if item else None
        request.priority_parts = dict(item.parts) if item else {}
        request.priority_week = str(ranked.week)
        session.add(request)
    session.flush()
