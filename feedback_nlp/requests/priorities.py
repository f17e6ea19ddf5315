"""Scores every request by its evidence, all as of one week.

A score looks at no other request, only at its own evidence and at what all share: the week,
how much data lies before it, how loud it was, and the weights. That basis is kept with the
scores, so that an edit scores anew what it touched and stays comparable with all the others.
While an analysis moves evidence there is no basis: edits score everything then.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select
from sqlmodel import Session, col

from feedback_nlp.config import RankConfig
from feedback_nlp.rank import Priority, Subject, rank
from feedback_nlp.requests.evidence import id_of
from feedback_nlp.store.shared_basis import SharedBasis, fingerprint
from feedback_nlp.store.tables import FeatureRequest
from feedback_nlp.store.voices import request_voices
from feedback_nlp.store.volume import exposure, history_weeks, usual_week
from feedback_nlp.weeks import Scope, Week


def ranked_week(session: Session) -> Week | None:
    """Return the week that the stored priorities are as of, ``None`` before the first ranking."""
    week = session.scalar(select(func.max(col(FeatureRequest.priority_week))))
    return None if week is None else Week.parse(week)


@dataclass(frozen=True, slots=True)
class Basis:
    """What all stored scores share.

    Attributes:
        week: They are as of this week.
        history_weeks: Weeks of data before it.
        exposure: Its people against a usual week's.
    """

    week: str
    history_weeks: int
    exposure: float


BASIS = SharedBasis("ranking")
"""Where it is kept."""


def kept_basis(session: Session, config: RankConfig) -> Basis | None:
    """Return what the stored scores share; ``None`` where others would come out by now.

    That is before the first ranking, with another configuration, and while an analysis
    moves evidence.
    """
    value = BASIS.kept(session, _scales(config))
    return (
        None if value is None else Basis(**{each.name: value[each.name] for each in fields(Basis)})
    )


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
        as_of: The ranked week, if it is given.
    """
    ranked = rank_requests(session, config, zone=zone, now=now, as_of=as_of)
    if ranked is not None:
        store_ranks(session, ranked, config)


def refresh_some(
    session: Session,
    config: RankConfig,
    request_ids: Collection[int],
    *,
    zone: ZoneInfo,
    now: datetime,
) -> None:
    """Score the requests that an edit touched, on the basis of all the others.

    Feedback that came in since the last analysis moves nothing by it. Where that basis does
    not hold any more, every request is scored, as of the same week.

    Args:
        session: The writing session; nothing is committed.
        config: Weights of the ranking.
        request_ids: Which requests.
        zone: Where weeks begin.
        now: The clock.
    """
    session.flush()
    basis = kept_basis(session, config)
    if basis is None:
        refresh_priorities(session, config, zone=zone, now=now, as_of=ranked_week(session))
    elif request_ids:
        _store(session, _scored(session, config, basis, zone, request_ids), request_ids)


class Ranked(NamedTuple):
    """Scores of requests.

    Attributes:
        basis: What they share.
        scores: By the request's id, as the ranking names it.
    """

    basis: Basis
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
    basis = Basis(
        str(week),
        history_weeks(session, scope, min_share=min_share),
        exposure(session, scope, usual_weeks=config.trend_history_weeks, min_share=min_share),
    )
    return _scored(session, config, basis, zone)


def store_ranks(
    session: Session, ranked: Ranked, config: RankConfig, *, has_settled: bool = False
) -> None:
    """Write scores into all requests; one that has none is unranked. Keep what they share.

    Args:
        session: The writing session; nothing is committed.
        ranked: Scores of all requests.
        config: They were made with this.
        has_settled: An analysis has moved all its evidence.
    """
    _store(session, ranked)
    BASIS.keep(session, asdict(ranked.basis), _scales(config), has_settled=has_settled)


def _scored(
    session: Session,
    config: RankConfig,
    basis: Basis,
    zone: ZoneInfo,
    only: Collection[int] | None = None,
) -> Ranked:
    requests = session.scalars(_requests(only))
    scored = rank(
        [
            Subject(id_of(request), strategic=request.strategic_weight, effort=request.effort)
            for request in requests
        ],
        request_voices(
            session,
            Scope(Week.parse(basis.week), zone),
            horizon_weeks=config.horizon_weeks,
            only=only,
        ),
        config,
        history_weeks=basis.history_weeks,
        exposure=basis.exposure,
    )
    return Ranked(basis, {item.subject_id: item for item in scored})


def _store(session: Session, ranked: Ranked, only: Collection[int] | None = None) -> None:
    for request in session.scalars(_requests(only)):
        item = ranked.scores.get(id_of(request))
        request.priority = item.score if item else None
        request.priority_low = item.low if item else None
        request.priority_high = item.high if item else None
        request.priority_parts = dict(item.parts) if item else {}
        request.priority_week = ranked.basis.week
        session.add(request)
    session.flush()


def _requests(only: Collection[int] | None) -> Select[FeatureRequest]:
    statement = select(FeatureRequest).order_by(col(FeatureRequest.id))
    return statement if only is None else statement.where(col(FeatureRequest.id).in_(only))


def _scales(config: RankConfig) -> str:
    return fingerprint(config.model_dump(mode="json"))
