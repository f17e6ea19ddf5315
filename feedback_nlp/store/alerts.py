"""Alerts in the store: found from the rows, marked by people, with their precision."""

from __future__ import annotations

from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import func, select
from sqlmodel import Session, col

from feedback_nlp.errors import NotFound
from feedback_nlp.store.tables import (
    AlertRow,
    Topic,
)


class NamedAlert(NamedTuple):
    """An alert with its topic's name."""

    alert: AlertRow
    topic_name: str


class AlertPrecision(NamedTuple):
    """What people said of the alerts."""

    useful_count: int
    useless_count: int
    unmarked_count: int

    @property
    def share(self) -> float | None:
        """Useful alerts among the marked ones, 0–1; ``None`` if nobody marked any."""
        marked = self.useful_count + self.useless_count
        return self.useful_count / marked if marked else None


def list_alerts(session: Session, *, since: date | None = None) -> list[NamedAlert]:
    """Return alerts, the latest first."""
    statement = (
        select(AlertRow, col(Topic.name))
        .join(Topic, col(Topic.id) == col(AlertRow.topic_id))
        .order_by(col(AlertRow.day).desc(), col(AlertRow.p_value), col(AlertRow.id))
    )
    if since is not None:
        statement = statement.where(col(AlertRow.last_day) >= since.isoformat())
    return [NamedAlert(row, name) for row, name in session.execute(statement)]


def mark_alert(
    session: Session, alert_id: int, *, is_useful: bool | None, actor: str, now: datetime
) -> AlertRow:
    """Write whether an alert was useful; ``None`` takes back what was said.

    Raises:
        NotFound: If there is no such alert.
    """
    row = session.get(AlertRow, alert_id)
    if row is None:
        raise NotFound(f"没有编号为 {alert_id} 的预警", reason="unknown-alert", id=alert_id)
    row.is_useful, row.marked_by, row.marked_at = is_useful, actor, now
    session.add(row)
    return row


def alert_precision(session: Session) -> AlertPrecision:
    """Return how many alerts people called useful, useless, or not yet anything."""
    counts = {
        row[0]: row[1]
        for row in session.execute(
            select(col(AlertRow.is_useful), func.count()).group_by(col(AlertRow.is_useful))
        )
    }
    return AlertPrecision(counts.get(True, 0), counts.get(False, 0), counts.get(None, 0))
