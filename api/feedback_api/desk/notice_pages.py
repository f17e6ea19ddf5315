"""通知: who is owed what, whom it can reach and why not, what it says; sent, tried again, cancelled."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

from fastapi import Request, Response

from feedback_api.desk import rendering
from feedback_api.desk.edge import PostedDep, router
from feedback_api.desk.feedback_list import FeedbackId
from feedback_api.desk.shell import shell_of
from feedback_api.services import Services, ServicesDep
from feedback_nlp.errors import InputError
from feedback_nlp.jobs import notices as jobs
from feedback_nlp.jobs.notices import NoticePreview
from feedback_nlp.labels import NoticeStatus, ReporterStatus, label
from feedback_nlp.loop import NOTIFYING
from feedback_nlp.outlets.records import CHANNEL_WORDS, Channel
from feedback_nlp.requests.moving import get_request
from feedback_nlp.requests.notice_list import NoticeTally, notice_rows, notice_tallies
from feedback_nlp.requests.notice_words import (
    DEFAULT_TEMPLATES,
    notice_settings,
    set_route,
    set_template,
)
from feedback_nlp.store.ingestion import source_id_of
from feedback_nlp.worker import presence

pages = router()

_SHOWN = 100
#: Kinds in the order of their life.
STATUSES = tuple((status.value, label(status)) for status in NoticeStatus)


#: What people can be told now, beside the states of single messages.
_REACHES = {"can": "可触达的", "cannot": "不可触达的", "told": "已经告知的"}


class Owed(NamedTuple):
    """A request that people wait to hear of."""

    tally: NoticeTally
    preview: NoticePreview

    @property
    def unreachable(self) -> int:
        """People that no message can reach."""
        return sum(self.preview.unreachable.values())


@pages.get("/notices")
def show_notices(request: Request, services: ServicesDep) -> Response:
    """All requests that owe or owed messages; texts and outlets."""
    shell = shell_of(request, services, "/notices")
    source = shell.chosen["source"]
    tallies = tallies_of(services, source)
    with services.database.read() as session:
        settings = notice_settings(session)
        is_worked = presence.is_anybody_there(session)
    owed = [
        Owed(tally, preview_of(services, tally.request.key, source))
        for tally in tallies
        if tally.waiting
    ]
    return rendering.page(
        request,
        "notices.html",
        shell,
        owed=owed,
        where=partial(_where, source),
        told=[tally for tally in tallies if not tally.waiting],
        statuses=STATUSES,
        templates=[
            (status.value, label(status), settings.templates[status], DEFAULT_TEMPLATES[status])
            for status in ReporterStatus
            if status in NOTIFYING
        ],
        routes=settings.routes,
        outlets=_answering(services),
        others=_not_answering(services),
        is_worked=is_worked,
    )


@pages.get("/notices/{key}")
def show_request_notices(request: Request, services: ServicesDep, key: str) -> Response:
    """What one request owes: who can be told, what they read, and each message."""
    of, why = request.query_params.get("of", ""), request.query_params.get("why", "")
    if of and of not in {*NoticeStatus, *_REACHES}:
        raise InputError(f"没有 {of[:20]!r} 这种通知", hint="从页面上选一个")
    status = NoticeStatus(of) if of in set(NoticeStatus) else None
    shell = shell_of(request, services, "/notices")
    with services.database.read() as session:
        found = get_request(session, key[:20])
    source = shell.chosen["source"]
    preview = preview_of(services, found.key, source)
    ids = _reached(services, found.key, source, of, why) if of in _REACHES else None
    tallies = {one.request.key: one.by_status for one in tallies_of(services, source)}
    with services.database.read() as session:
        rows = notice_rows(
            session,
            request=found.key,
            status=status,
            limit=_SHOWN,
            ids=ids,
            source_id=source_id_of(session, source) if ids is None else None,
        )
        is_worked = presence.is_anybody_there(session)
    by_status = tallies.get(found.key, {})
    shown = by_status.get(of, 0) if of else sum(by_status.values())
    number = shown if ids is None else len(ids)
    return rendering.page(
        request,
        "notices_one.html",
        shell,
        found=found,
        where=partial(_where, source),
        preview=preview,
        unreachable=sum(preview.unreachable.values()),
        rows=rows,
        of=of,
        by_status=by_status,
        count=number,
        statuses=STATUSES,
        status_words=dict(STATUSES) | _REACHES,
        is_worked=is_worked,
    )


@pages.post("/notices/{key}/send")
def send(services: ServicesDep, form: PostedDep, key: str) -> Response:
    """Owe the outside what is owed to reporters; twice is once."""
    actor = form.actor  # refuses a click that nobody signs
    with services.database.write() as session:
        done = jobs.send_notices(
            session,
            key[:20],
            services.outlets,
            zone=services.settings.zone,
            now=services.now(),
        )
    missed = sum(done.unreachable.values())
    words = (
        f"{actor} 交出了 {done.queued} 人的通知，马上发出；发出后收不回来。"
        if done.queued
        else "没有新的可发。"
    )
    if missed:
        words += f"{missed} 人通知不到，原因在下面。"
    return rendering.done(form.next(f"/notices/{key}"), words)


@pages.post("/notices/each/{notice_id}/retry")
def retry(services: ServicesDep, form: PostedDep, notice_id: FeedbackId) -> Response:
    """Try a message again that was given up."""
    actor = form.actor
    with services.database.write() as session:
        jobs.retry_notice(session, notice_id, now=services.now())
    return rendering.done(
        form.next("/notices"), f"{actor} 让通知 {notice_id} 重新发出；发出后收不回来。"
    )


@pages.post("/notices/each/{notice_id}/cancel")
def cancel(services: ServicesDep, form: PostedDep, notice_id: FeedbackId) -> Response:
    """Send a message never."""
    reason = form.text("reason", limit=500) or f"{form.actor} 取消"
    with services.database.write() as session:
        jobs.cancel_notice(session, notice_id, reason=reason, now=services.now())
    undo = {"action": f"/notices/each/{notice_id}/restore", "actor": form.actor}
    return rendering.done(form.next("/notices"), f"通知 {notice_id} 取消了，不会发出。", undo)


@pages.post("/notices/each/{notice_id}/restore")
def restore(services: ServicesDep, form: PostedDep, notice_id: FeedbackId) -> Response:
    """Owe a message again that was cancelled."""
    actor = form.actor
    with services.database.write() as session:
        jobs.restore_notice(session, notice_id, now=services.now())
    words = f"{actor} 恢复了通知 {notice_id}，它又在等着发，要点“发给”才会发出。"
    return rendering.done(form.next("/notices"), words)


@pages.post("/notices/templates/{status}")
def write_template(services: ServicesDep, form: PostedDep, status: str) -> Response:
    """Write what people read; the shipped words come back with an empty field."""
    if status not in set(ReporterStatus):
        raise InputError(f"没有 {status[:20]!r} 这个状态", hint="从页面上选")
    wanted, text = ReporterStatus(status), form.text("text", limit=1_000)
    with services.database.write() as session:
        before = notice_settings(session).templates.get(wanted, "")
        set_template(session, wanted, text or None)
    undo = {"action": f"/notices/templates/{status}", "text": before, "actor": form.actor}
    return rendering.done(form.onward("/notices"), f"“{label(wanted)}”的文字存好了。", undo)


@pages.post("/notices/routes")
def write_route(services: ServicesDep, form: PostedDep) -> Response:
    """Answer people of a source through an outlet, or no more."""
    source, outlet = form.text("source", limit=200), form.text("outlet", limit=60)
    if outlet:
        services.outlets.sender(outlet)
    with services.database.write() as session:
        before = notice_settings(session).routes.get(source, "")
        set_route(session, source, outlet or None)
    words = f"来源“{source}”{f'由出口 {outlet} 回复' if outlet else '不再回复'}。"
    undo = {"action": "/notices/routes", "source": source, "outlet": before, "actor": form.actor}
    return rendering.done(form.onward("/notices"), words, undo)


def tallies_of(services: Services, source: str) -> list[NoticeTally]:
    """Return how many messages stand where, of one source if asked for."""
    if not source:
        with services.database.read() as session:
            return notice_tallies(session)
    # no index knows the source of a notice: counted once for each state of the database
    return services.kept(
        ("desk-tallies", source),
        lambda session: notice_tallies(session, source_id_of(session, source)),
        basis=None,
    )


def preview_of(services: Services, key: str, source: str = "") -> NoticePreview:
    """Return what sending would do; counted once for each state of the database and outlets."""
    outlets = services.outlets
    return services.kept(
        ("desk-notices", key, source, tuple(outlets.senders)),
        lambda session: jobs.preview_notices(
            session,
            key,
            outlets,
            zone=services.settings.zone,
            source_id=source_id_of(session, source),
        ),
        basis=None,
    )


def _where(source: str, key: str) -> dict[str, object]:
    """Return the conditions of feedback behind a request that nobody is known to have given."""
    return {"request": key, "author_known": False, **({"source": source} if source else {})}


def _reached(services: Services, key: str, source: str, of: str, why: str) -> list[int]:
    """Return the notices that a figure of the preview is made of, newest first."""
    outlets = services.outlets
    owed = services.kept(
        ("desk-reached", key, source, tuple(outlets.senders)),
        lambda session: jobs.reached_notices(session, key, outlets, source_id_of(session, source)),
        basis=None,
    )
    if of == "told":
        return owed.told
    reason = "" if of == "can" else why
    return [
        id_
        for id_, cause in owed.waiting
        if bool(cause) == (of == "cannot") and reason in ("", cause)
    ]


def _answering(services: Services) -> list[str]:
    """Return the outlets that can write to one person."""
    return [
        name
        for name, sender in services.outlets.senders.items()
        if sender.channel is Channel.WEBHOOK
    ]


def _not_answering(services: Services) -> list[str]:
    return [
        f"{name}（{CHANNEL_WORDS[sender.channel.value]}）"
        for name, sender in services.outlets.senders.items()
        if sender.channel is not Channel.WEBHOOK
    ]
