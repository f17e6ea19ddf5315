"""本周: the first minute of Monday. What asks for attention, what changed, what waits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any, NamedTuple

from fastapi import Query, Request, Response
from sqlmodel import Session

from feedback_api.desk import rendering
from feedback_api.desk.edge import HINTS, PostedDep, router
from feedback_api.desk.shell import Shell, shell_of
from feedback_api.services import Services, ServicesDep
from feedback_api.validation import Word
from feedback_nlp.errors import InputError, NotFound
from feedback_nlp.labels import AlertKind, Measure, label
from feedback_nlp.outlets.records import CHANNEL_WORDS
from feedback_nlp.report import wording
from feedback_nlp.report.brief import brief
from feedback_nlp.report.heat import heat_maps
from feedback_nlp.store import outbox_pace
from feedback_nlp.store.alerts import list_alerts
from feedback_nlp.store.tables import AlertRow
from feedback_nlp.store.volume import is_thin_week
from feedback_nlp.week.counting import count
from feedback_nlp.week.item_records import Count
from feedback_nlp.week.records import WeeklyDigest
from feedback_nlp.weeks import Scope, parse_period
from feedback_nlp.worker import presence

pages = router()

_CARDS = 10
_PAIRS = 12
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
    source: Annotated[Word | None, Query()] = None,
    tab: Annotated[str, Query(pattern="^(changes|backlog)$")] = "changes",
) -> Response:
    """The week, by default the last that is over and not thin."""
    shell = shell_of(request, services, "/")
    try:
        digest = services.week(week or None, product or None)
    except NotFound as error:
        return rendering.page(
            request, "start.html", shell, message=error.message, hint=error.advice(HINTS)
        )
    if source:
        digest = services.week(week or None, product or None, source)
    alerts = shown_alerts(
        services, since=digest.first_day, until=digest.last_day, only=only_of(shell)
    )
    is_thin = bool(week) and _is_thin(services, digest)
    return rendering.page(
        request,
        "week.html",
        shell,
        **_values(digest, shell, tab),
        alerts=alerts,
        source=source or "",
        is_thin=is_thin,
        similar=digest.similar[:_PAIRS],
    )


@pages.get("/week/send")
def preview_sending(
    request: Request,
    services: ServicesDep,
    week: Annotated[Word | None, Query()] = None,
    product: Annotated[Word | None, Query()] = None,
) -> Response:
    """What the team's chat would read, and through which outlets it can go."""
    digest = services.week(week or None, product or None)
    shell = shell_of(request, services, "/")
    with services.database.read() as session:
        stopped = outbox_pace.stopped(session)
        is_worked = presence.is_anybody_there(session)
    outlets = [
        (name, CHANNEL_WORDS[sender.channel.value], stopped.get(name, ""))
        for name, sender in services.outlets.senders.items()
    ]
    return rendering.page(
        request,
        "week_send.html",
        shell,
        digest=digest,
        message=brief(digest),
        outlets=outlets,
        is_worked=is_worked,
    )


@pages.post("/week/send")
def send(services: ServicesDep, form: PostedDep) -> Response:
    """Owe the week to outlets; one that was owed it before is asked only if a person says so."""
    from feedback_nlp.jobs.send_digest import send_digest  # noqa: PLC0415 - loads all stages

    actor, names = form.actor, form.all("to")
    if not names:
        raise InputError("没有选发到哪里", hint="至少勾一个出口")
    sending = send_digest(
        services.database,
        services.config,
        services.outlets,
        names,
        zone=services.settings.zone,
        now=services.now(),
        week=form.text("week") or None,
        product=form.text("product") or None,
        again=form.text("again") == "1",
    )
    owed = [name for name, rows in sending.owed.items() if rows]
    before = [name for name, rows in sending.owed.items() if not rows]
    words = f"{actor} 把周报交给了 {'、'.join(owed)}，马上发出；发出后收不回来。" if owed else ""
    if before:
        words += f"{'、'.join(before)} 以前发过，没有再发。"
    return rendering.done(form.next("/"), words)


def only_of(shell: Shell) -> dict[str, str]:
    """Return what of the pickers narrows figures that are of no week."""
    return {name: value for name in ("product", "source") if (value := shell.chosen[name])}


def shown_alerts(
    services: Services,
    *,
    since: date | None = None,
    until: date | None = None,
    only: Mapping[str, str] | None = None,
) -> list[ShownAlert]:
    """Return the alerts of some days with the people of their days, the latest first.

    Args:
        services: The deployment.
        since: Those that lasted until this day, or longer.
        until: Those that began by this day.
        only: Count people of this ``product`` and ``source`` only; alerts without any are left
            out. What stood out was measured over all.
    """
    narrow = dict(only or {})

    def people(session: Session, alert: AlertRow) -> Count:
        where = {
            "topic_id": alert.topic_id,
            "since_day": alert.day,
            "until_day": alert.last_day,
            "counted": True,
            **narrow,
        }
        value = count(session, Measure.PEOPLE, where, services.settings.zone)
        return Count(value, Measure.PEOPLE, where)

    def found(session: Session) -> list[ShownAlert]:
        alerts = [
            ShownAlert(
                row,
                topic,
                label(AlertKind(row.kind)),
                date.fromisoformat(row.day),
                date.fromisoformat(row.last_day),
                people(session, row),
            )
            for row, topic in list_alerts(session, since=since)
            if until is None or row.day <= until.isoformat()
        ]
        return [alert for alert in alerts if not narrow or alert.people.value]

    return services.kept(("desk-alerts", since, until, *narrow.items()), found)


def _values(digest: WeeklyDigest, shell: Shell, tab: str) -> dict[str, Any]:
    moved = [(kind, digest.moved(kind)) for kind in wording.REVIEW_ORDER]
    topics = {topic.topic_id: topic for topic in (*digest.topics, *digest.silent)}
    return {
        "digest": digest,
        "period": wording.period(digest),
        "tab": tab,
        "tabs": [(key, word, shell.url("/", tab=key)) for key, word in TABS],
        "moved": [(kind, found[:_CARDS], found[_CARDS:]) for kind, found in moved if found],
        "moved_count": sum(len(found) for _, found in moved),
        "backlog": digest.backlog[: digest.top_count],
        "topics": topics,
        "movement": lambda item: wording.movement_label(item, digest),
        "change": wording.change,
        "unit": wording.unit(digest),
        "people_heading": wording.people_heading(digest),
        "swings": digest.swings()[:8],
        "promises": digest.old_promises,
        "back": [step for step in digest.loop if step.to_status in ("reopened", "verified")],
        "maps": [shown for shown in heat_maps(digest) if shown.key == "week"],
        "definitions": wording.definitions(digest),
    }


def _is_thin(services: Services, digest: WeeklyDigest) -> bool:
    """Whether a week that somebody picked has too few people to be judged by."""
    scope = Scope(parse_period(digest.week), services.settings.zone, digest.product)
    share = services.config.rank.usual_week_min_share
    key = ("desk-thin", digest.week, digest.product)
    return services.kept(key, lambda session: is_thin_week(session, scope, min_share=share))
