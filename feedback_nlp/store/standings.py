"""What all of the past says of a subject as of the end of a week: kept, so that a digest costs
what its week holds.

A kept figure holds for as long as nothing that was said of its subject before that moment has
changed (``stale``, see :mod:`feedback_nlp.store.rollup`), and it was computed on the same basis.
Feedback that comes in later, or is not analysed yet, leaves the past alone. What a reader has to
compute anew it hands over by :func:`remember`; whoever owns the database writes it by
:func:`keep`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col

from feedback_nlp.errors import StoreError
from feedback_nlp.store.database import Database
from feedback_nlp.store.rollup import SubjectKind, refreshes
from feedback_nlp.store.rollup_tables import Stale, WeekStanding
from feedback_nlp.store.tables import Setting
from feedback_nlp.weeks import Scope

_FRESH = "standings"
_SEEN = "refreshes"
_PAST = "past_weeks_kept"


def kept(
    session: Session, kind: SubjectKind, scope: Scope, basis: Mapping[int, str]
) -> dict[int, Mapping[str, Any]]:
    """Return the figures that hold, by subject.

    Args:
        session: A reading session.
        kind: Topics, or requests.
        scope: As of the end of this week.
        basis: By subject, all that its figures depend on besides what was said.
    """
    session.info.setdefault(_SEEN, refreshes(session))
    stale = select(col(Stale.subject_id)).where(
        col(Stale.kind) == kind.value, col(Stale.said_at) < scope.end
    )
    rows = session.execute(
        select(
            col(WeekStanding.subject_id), col(WeekStanding.basis), col(WeekStanding.figures)
        ).where(
            col(WeekStanding.kind) == kind.value,
            col(WeekStanding.week) == str(scope.week),
            col(WeekStanding.product) == (scope.product or ""),
            col(WeekStanding.end_at) == scope.end,
            col(WeekStanding.subject_id).not_in(stale),
        )
    )
    return {id_: figures for id_, on, figures in rows if basis.get(id_) == on}


def remember(
    session: Session,
    kind: SubjectKind,
    scope: Scope,
    basis: Mapping[int, str],
    figures: Mapping[int, Mapping[str, Any]],
) -> None:
    """Hand over figures that were computed in this session, to be kept."""
    session.info.setdefault(_FRESH, []).extend(
        {
            "kind": kind.value,
            "subject_id": id_,
            "week": str(scope.week),
            "product": scope.product or "",
            "basis": basis[id_],
            "end_at": scope.end,
            "figures": dict(of_subject),
        }
        for id_, of_subject in figures.items()
    )


def keep(database: Database, session: Session) -> int:
    """Write what a session handed over; return how many figures were kept.

    None if sums were refreshed meanwhile: what they took off the list of the stale may be
    missing from these figures. None, too, where nothing can be written: then they are computed
    again the next time.
    """
    rows = session.info.pop(_FRESH, [])
    seen = session.info.pop(_SEEN, None)
    if not rows:
        return 0
    try:
        return _write(database, rows, seen)
    except (StoreError, IntegrityError):  # read-only, full, or somebody kept the same just now
        return 0


def _write(database: Database, rows: Sequence[Mapping[str, Any]], seen: int | None) -> int:
    with database.write() as writing:
        if refreshes(writing) != seen:
            return 0
        rows = [row for row in rows if not _is_stale(writing, row)]
        if not rows:
            return 0
        for week, product, kind in {(row["week"], row["product"], row["kind"]) for row in rows}:
            ids = [
                row["subject_id"]
                for row in rows
                if (row["week"], row["product"], row["kind"]) == (week, product, kind)
            ]
            writing.execute(
                delete(WeekStanding)
                .where(
                    col(WeekStanding.kind) == kind,
                    col(WeekStanding.week) == week,
                    col(WeekStanding.product) == product,
                    col(WeekStanding.subject_id).in_(ids),
                )
                .execution_options(synchronize_session=False)
            )
        writing.execute(insert(WeekStanding), rows)
    return len(rows)


def _is_stale(session: Session, row: Mapping[str, Any]) -> bool:
    """Tell whether a figure would not be read again before its sums are refreshed."""
    line = select(col(Stale.id)).where(
        col(Stale.kind) == row["kind"],
        col(Stale.subject_id) == row["subject_id"],
        col(Stale.said_at) < row["end_at"],
    )
    return session.scalar(line.limit(1)) is not None


def is_past_kept(session: Session, over: str) -> bool:
    """Tell whether past weeks were gone through since sums changed and the week turned.

    Args:
        session: A reading session.
        over: The last week that is over.
    """
    row = session.get(Setting, _PAST)
    return row is not None and row.value == _past(refreshes(session), over)


def note_past_kept(session: Session, seen: int, over: str) -> None:
    """Note that past weeks were gone through, begun at that many refreshes."""
    session.merge(Setting(key=_PAST, value=_past(seen, over)))


def _past(seen: int, over: str) -> dict[str, Any]:
    return {"refreshes": seen, "over": over}
