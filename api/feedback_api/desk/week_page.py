"""本周: the first minute of Monday. What asks for attention, what changed, what waits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any, NamedTuple

from fastapi import Query, Request, Response
from sqlmodel import Session

from feedback_api.desk import rendering
from feedback_api.desk.edge import HINTS, router
from feedback_api.desk.shell import Shell, shell_of
from feedback_api.services import Services, ServicesDep
from feedback_api.validation import Word
from feedback_nlp.errors import NotFound
from feedback_nlp.labels import AlertKind, Measure, label
from feedback_nlp.report import wording
from feedback_nlp.report.heat import HeatMap, heat_maps
from feedback_nlp.store.alerts import list_alerts
from feedback_nlp.store.tables import AlertRow
from feedback_nlp.week.counting import count
from feedback_nlp.week.item_records import Count
from feedback_nlp.week.records import WeeklyDigest

pages = router()

_CARDS = 10
TABS = (("changes", "变化"), ("backlog", "待办优先级"))


class ShownAlert(NamedTuple):
    """An alert with the people behind it, counted as all people are."""

    row: AlertRow
    topic: str
    kind: str
    first_day: date
    last_day: date
    people: Count


@pages.get("/")
def show_week(
    request: Request,
    services: ServicesDep,
    week: Annotated[Word | None, Query()] = None,
    product: Annotated[Word | None, Query()] = None,
    tab: Annotated[str, Query(pattern="^(changes|backlog)$")] = "changes",
) -> Response:
    """The week, by default the last that is over and not thin."""
    with services.database.read() as session:
        shell = shell_of(request, services, session, "/")
        try:
            digest = services.week(week or None, product or None)
        except NotFound as error:
            return rendering.page(
                request, "start.html", shell, message=error.message, hint=error.advice(HINTS)
            )
        alerts = shown_alerts(session, services, since=digest.first_day, until=digest.last_day)
    return rendering.page(request, "week.html", shell, **_values(digest, shell, tab), alerts=alerts)


def shown_alerts(
    session: Session, services: Services, *, since: date | None = None, until: date | None = None
) -> list[ShownAlert]:
    """Return the alerts of some days with the people of their days, the latest first."""

    def people(alert: AlertRow) -> Count:
        where = {
            "topic_id": alert.topic_id,
            "since_day": alert.day,
            "until_day": alert.last_day,
            "counted": True,
        }
        value = count(session, Measure.PEOPLE, where, services.settings.zone)
        return Count(value, Measure.PEOPLE, where)

    def found() -> list[ShownAlert]:
        return [
            ShownAlert(
                row,
                topic,
                label(AlertKind(row.kind)),
                date.fromisoformat(row.day),
                date.fromisoformat(row.last_day),
                people(row),
            )
            for row, topic in list_alerts(session, since=since)
            if until is None or row.day <= until.isoformat()
        ]

    return services.digests.get(("desk-alerts", since, until), found)


def _values(digest: WeeklyDigest, shell: Shell, tab: str) -> dict[str, Any]:
    moved = [(kind, digest.moved(kind)) for kind in wording.REVIEW_ORDER]
    topics = {topic.topic_id: topic for topic in (*digest.topics, *digest.silent)}
    return {
        "digest": digest,
        "period": wording.period(digest),
        "tab": tab,
        "tabs": [(key, word, shell.url("/", tab=key)) for key, word in TABS],
        "moved": [(kind, found[:_CARDS], len(found)) for kind, found in moved if found],
        "moved_count": sum(len(found) for _, found in moved),
        "backlog": digest.backlog[: digest.top_count],
        "topics": topics,
        "movement": lambda item: wording.movement_label(item, digest),
        "change": wording.change,
        "unit": wording.unit(digest),
        "swings": digest.swings()[:8],
        "promises": digest.old_promises,
        "back": [step for step in digest.loop if step.to_status in ("reopened", "verified")],
        "maps": _newest_last(heat_maps(digest)),
        "shade": _shade,
        "definitions": wording.definitions(digest),
    }


def _newest_last(maps: Sequence[HeatMap]) -> list[HeatMap]:
    return [shown for shown in maps if shown.key == "week"]


def _shade(value: int, top: int) -> str:
    """Return the class of a cell: ``h0`` for nothing to ``h5`` for the most people."""
    if value <= 0:
        return "h0"
    return f"h{min(5, 1 + int((value / max(1, top)) ** 0.5 * 4.99))}"
