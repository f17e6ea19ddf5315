"""预警: what stood out, and whether it was worth being told."""

from __future__ import annotations

from collections import Counter
from datetime import date, timedelta
from typing import Annotated

from fastapi import Query, Request, Response

from feedback_api.desk import rendering
from feedback_api.desk.edge import PostedDep, router
from feedback_api.desk.feedback_list import FeedbackId
from feedback_api.desk.shell import Shell, shell_of
from feedback_api.desk.week_page import only_of, shown_alerts
from feedback_api.services import ServicesDep
from feedback_nlp.errors import InputError
from feedback_nlp.store.alerts import AlertPrecision, mark_alert
from feedback_nlp.store.tables import AlertRow
from feedback_nlp.weeks import parse_period

pages = router()

_ANSWERS: dict[str, tuple[bool | None, str]] = {
    "yes": (True, "有用"),
    "no": (False, "没用"),
    "open": (None, "还没标"),
}
#: Which alerts an address asks for: what people said of them, and how the page calls them.
_MARKED: dict[str, tuple[bool | None, str]] = {
    "useful": (True, "标了有用的"),
    "useless": (False, "标了没用的"),
    "open": (None, "还没标的"),
}


@pages.get("/alerts")
def show_alerts(
    request: Request,
    services: ServicesDep,
    marked: Annotated[str, Query(pattern="^(useful|useless|open|)$")] = "",
) -> Response:
    """All alerts, the latest first, or those that people said the same of."""
    shell = shell_of(request, services, "/alerts")
    since, until = _days(shell)
    alerts = shown_alerts(services, since=since, until=until, only=only_of(shell))
    answers = Counter(alert.row.is_useful for alert in alerts)
    if marked:
        alerts = [alert for alert in alerts if alert.row.is_useful is _MARKED[marked][0]]
    return rendering.page(
        request,
        "alerts.html",
        shell,
        alerts=alerts,
        precision=AlertPrecision(answers[True], answers[False], answers[None]),
        marked=marked,
        shown=_MARKED[marked][1] if marked else "",
    )


def _days(shell: Shell) -> tuple[date | None, date | None]:
    """Return the first and last day of the week that is picked."""
    if not shell.chosen["week"]:
        return None, None
    start, end = parse_period(shell.chosen["week"]).bounds(shell.zone)
    first, after = (moment.astimezone(shell.zone).date() for moment in (start, end))
    return first, after - timedelta(days=1)


@pages.post("/alerts/{alert_id}")
def mark(services: ServicesDep, form: PostedDep, alert_id: FeedbackId) -> Response:
    """Say whether an alert was useful; it can be said anew."""
    if form.text("useful") not in _ANSWERS:
        raise InputError("没有说有用还是没用", hint="点两个按钮之一")
    is_useful, word = _ANSWERS[form.text("useful")]
    with services.database.write() as session:
        found = session.get(AlertRow, alert_id)
        stood = None if found is None else found.is_useful
        mark_alert(session, alert_id, is_useful=is_useful, actor=form.actor, now=services.now())
    before = next(answer for answer, (value, _) in _ANSWERS.items() if value is stood)
    undo = {"action": f"/alerts/{alert_id}", "useful": before, "actor": form.actor}
    return rendering.done(form.next("/alerts"), f"记下了：{word}。", undo)
