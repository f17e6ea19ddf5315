"""``feedback-nlp requests`` and ``feedback-nlp request REQ-12``: the list and one life."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from feedback_nlp.cli.options import expand
from feedback_nlp.cli.request_options import (
    Aside,
    Contents,
    Step,
    Together,
    read_expected,
    read_status,
)
from feedback_nlp.cli.request_splits import stand_together
from feedback_nlp.cli.terminal import (
    DatabaseOption,
    JsonOption,
    ProductOption,
    load_settings,
    open_database,
    out,
    print_json,
)
from feedback_nlp.labels import (
    ENGINE,
    Intent,
    NoticeStatus,
    ReporterStatus,
    RequestOrder,
    RequestStatus,
    Verdict,
    label,
)

if TYPE_CHECKING:
    from collections.abc import Mapping
    from zoneinfo import ZoneInfo

    from sqlmodel import Session

    from feedback_nlp.loop import Clock
    from feedback_nlp.requests.moving import Move
    from feedback_nlp.requests.quoting import RequestQuote
    from feedback_nlp.requests.reading import RequestDetail, RequestRow
    from feedback_nlp.requests.versions import Expected
    from feedback_nlp.settings import Settings
    from feedback_nlp.store.tables import FeatureRequest, Verification


_UNNAMED = "命令行"  # who edits, where nobody gave a name


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("requests", help="需求清单，按优先级")(requests)
    app.command("request", help="看一条需求，或推进它：request REQ-12 --to planned --actor 小王")(
        expand(request)
    )


def requests(
    status: Annotated[
        list[str] | None, typer.Option("--status", help="只看这些状态，可重复，例如 planned")
    ] = None,
    product: ProductOption = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="最多列几条")] = 30,
    order: Annotated[
        RequestOrder, typer.Option("--by", help="按哪个分排：优先级、RICE 或 ICE")
    ] = RequestOrder.PRIORITY,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """List requests by priority, RICE or ICE."""
    from feedback_nlp.requests.reading import list_requests  # noqa: PLC0415
    from feedback_nlp.store.topic_reading import people_word  # noqa: PLC0415

    statuses = [read_status(name) for name in status or []]
    with open_database(db) as database, database.read() as session:
        rows = list_requests(session, statuses=statuses, product=product, limit=limit, order=order)
        people = people_word(session)
    if as_json:
        print_json([_payload(row) for row in rows])
    elif rows:
        out.print(_table(rows, people))
    elif statuses or product:
        out.print("没有符合条件的需求。去掉 --status、--product 看全部")
    else:
        out.print("还没有需求。运行 feedback-nlp analyze 后，够多人提到的主题会成为需求。")


def request(
    key: Annotated[str, typer.Argument(metavar="需求编号", help="如 REQ-12")],
    step: Step,
    contents: Contents,
    aside: Aside,
    together: Together,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one request, edit it, or move it through the loop."""
    from feedback_nlp.requests.moving import Move  # noqa: PLC0415

    settings = load_settings()
    given = contents.given()
    expected = read_expected(step.expect)
    move = None
    if step.to is not None:
        move = Move(read_status(step.to), step.actor, step.reason, step.duplicate_of, expected)
    with open_database(db, settings) as database:
        if together.is_wanted:
            with database.write() as session:
                stand_together(
                    session, settings, key, together, actor=step.actor, reason=step.reason
                )
        if move is not None or given or aside.comment is not None:
            with database.write() as session:
                _change(session, settings, key, given, move, step, expected=expected)
                if aside.comment is not None:
                    _comment(session, settings, key, aside.comment, actor=step.actor)
        with database.read() as session:
            if aside.card:
                _print_card(session, key, settings.zone)
            else:
                _show(session, key, settings, as_json=as_json)


def _comment(session: Session, settings: Settings, key: str, text: str, *, actor: str) -> None:
    from feedback_nlp.clean.pseudonyms import Pseudonymizer  # noqa: PLC0415
    from feedback_nlp.requests.comments import add_comment  # noqa: PLC0415
    from feedback_nlp.store.keys import deployment_secret  # noqa: PLC0415

    secret = settings.plain_secret
    pseudonymizer = Pseudonymizer(deployment_secret(session, secret))
    now = datetime.now(settings.zone)
    add_comment(session, key, text, actor=actor, now=now, pseudonymizer=pseudonymizer)


def _print_card(session: Session, key: str, zone: ZoneInfo) -> None:
    from feedback_nlp.requests.card import markdown_card  # noqa: PLC0415
    from feedback_nlp.requests.moving import get_request  # noqa: PLC0415
    from feedback_nlp.requests.reading import request_row  # noqa: PLC0415
    from feedback_nlp.store.topic_reading import people_word  # noqa: PLC0415

    row = request_row(session, get_request(session, key))
    card = markdown_card(row, zone=zone, people=people_word(session))
    typer.echo(card, nl=False)  # as it is, to be copied


def _change(
    session: Session,
    settings: Settings,
    key: str,
    values: Mapping[str, Any],
    move: Move | None,
    step: Step,
    *,
    expected: Expected,
) -> None:
    """Move first: what was seen is what was there before either change."""
    from feedback_nlp.config import load_config  # noqa: PLC0415
    from feedback_nlp.requests.estimating import edit_request  # noqa: PLC0415
    from feedback_nlp.requests.moving import move_request  # noqa: PLC0415

    now = datetime.now(settings.zone)
    if move is not None:
        move_request(session, key, move, now=now)
    if values:
        edit_request(
            session,
            key,
            values,
            actor=step.actor or _UNNAMED,
            now=now,
            config=load_config(settings.pipeline).rank,
            zone=settings.zone,
            expected=expected if move is None else None,
            reason=step.reason if move is None else "",  # else it is the move's
        )


def _actor(name: str) -> str:
    return "系统" if name == ENGINE else name


def _table(rows: list[RequestRow], people: str) -> Table:
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for name, options in (
        ("编号", {"no_wrap": True}),
        ("优先级", {"justify": "right", "no_wrap": True}),
        ("RICE", {"justify": "right", "no_wrap": True}),
        ("ICE", {"justify": "right", "no_wrap": True}),
        ("需求", {"overflow": "fold", "min_width": 14}),
        ("类型", {"no_wrap": True}),
        (f"{people}数", {"justify": "right", "no_wrap": True}),
        ("状态", {"no_wrap": True}),
        ("负责人", {"overflow": "fold"}),
    ):
        table.add_column(name, **options)
    for row in rows:
        item = row.request
        table.add_row(
            item.key,
            _priority(item),
            *("—" if score is None else f"{score:.0f}" for score in (row.rice, row.ice)),
            Text(item.title, style="bold"),
            label(Intent(item.intent)) if item.intent else "—",
            str(row.people_count),
            label(RequestStatus(item.status)),
            Text(item.owner or "—"),
        )
    return table


def _priority(item: FeatureRequest) -> str:
    if item.priority is None or item.priority_low is None or item.priority_high is None:
        return "—"
    return f"{item.priority:.0f}（{item.priority_low:.0f}–{item.priority_high:.0f}）"


def _payload(row: RequestRow) -> dict[str, Any]:
    return {
        **row.request.model_dump(mode="json"),
        "people_count": row.counts.people,
        "post_count": row.counts.posts,
        "evidence_count": row.counts.units,
        "rice": row.rice,
        "ice": row.ice,
    }


def _quote(quote: RequestQuote) -> dict[str, Any]:
    return {**quote._asdict(), "channel": quote.shown_channel}


def _show(session: Session, key: str, settings: Settings, *, as_json: bool) -> None:
    from feedback_nlp.config import load_config  # noqa: PLC0415
    from feedback_nlp.loop import allowed_from, clock_of  # noqa: PLC0415
    from feedback_nlp.requests.declining import decline_reasons  # noqa: PLC0415
    from feedback_nlp.requests.reading import request_detail  # noqa: PLC0415
    from feedback_nlp.requests.verifying import verifications, words_of  # noqa: PLC0415
    from feedback_nlp.store.topic_reading import people_word  # noqa: PLC0415

    zone = settings.zone
    detail = request_detail(session, key)
    status = RequestStatus(detail.row.request.status)
    clock = clock_of(
        status,
        detail.since,
        limits=load_config(settings.pipeline).loop.business_days,
        now=datetime.now(zone),
    )
    reasons = [item for item in decline_reasons(session, key) if item.is_same_ask]
    checks = verifications(session, detail.row.request.id or 0)
    if as_json:
        print_json(
            {
                **_payload(detail.row),
                "notices": detail.notices,
                "verifications": [
                    {**found.model_dump(mode="json"), "words": words_of(found)} for found in checks
                ],
                "quotes": [_quote(quote) for quote in detail.row.quotes],
                "history": [event.model_dump(mode="json") for event in detail.history],
                "edits": [edit.model_dump(mode="json") for edit in detail.edits],
                "comments": [item.model_dump(mode="json") for item in detail.comments],
                "links": [link._asdict() for link in detail.links],
                "clock": {**asdict(clock), "is_late": clock.is_late},
                "decline_reasons": [item._asdict() for item in reasons],
                "allowed": [to.value for to in allowed_from(status)],
            }
        )
        return
    _show_standing(detail, clock, checks, zone, people_word(session))
    out.print("经过：")
    for moment, line in _history(detail):
        out.print(f"  {moment.astimezone(zone):%Y-%m-%d %H:%M} {line}")
    can_decline = RequestStatus.DECLINED in allowed_from(status)
    for item in reasons if can_decline else ():
        out.print(f"以前不采纳同样的诉求，理由是：{escape(item.reason)}（{'、'.join(item.keys)}）")
    allowed = "、".join(f"{label(to)}（{to.value}）" for to in allowed_from(status))
    out.print(f"[dim]接下来可以改成：{allowed}[/dim]")


def _show_standing(
    detail: RequestDetail,
    clock: Clock,
    checks: list[Verification],
    zone: ZoneInfo,
    people: str,
) -> None:
    """Print what a request is and how it stands, before its history."""
    from feedback_nlp.requests.linking import LINK_WORDS  # noqa: PLC0415
    from feedback_nlp.requests.verifying import words_of  # noqa: PLC0415

    _show_facts(detail.row, people)
    out.print(_clock_line(clock, label(RequestStatus(detail.row.request.status))))
    for quote in detail.row.quotes:
        day = quote.occurred_at.astimezone(zone)
        out.print(f"  “{escape(quote.text)}”[dim] {escape(quote.shown_channel)} {day:%m-%d}[/dim]")
    if detail.notices:
        words = "、".join(
            f"{label(NoticeStatus(name))} {number}"
            for name, number in sorted(detail.notices.items())
        )
        out.print(f"通知：{words}")
    for found in checks:
        out.print(
            f"验证（{found.released_on} 发布）：{label(Verdict(found.verdict))}。{escape(words_of(found))}",
            soft_wrap=True,
        )
    for link in detail.links:
        state = label(RequestStatus(link.status))
        out.print(f"{LINK_WORDS[link.kind]}：{link.key} {escape(link.title)}（{state}）")


def _clock_line(clock: Clock, status: str) -> str:
    from feedback_nlp.report.loop_words import clock_words  # noqa: PLC0415

    words, late = clock_words(clock, status)
    return f"{words}，[red]{late}[/red]" if late else words


def _show_facts(row: RequestRow, people: str) -> None:
    from feedback_nlp.rank.explain import part_labels  # noqa: PLC0415

    item = row.request
    out.print(f"[bold]{item.key}　{escape(item.title)}[/bold]")
    shown = label(ReporterStatus(item.reporter_status))
    facts = [
        f"状态 {label(RequestStatus(item.status))}（反馈者看到：{shown}）",
        f"负责人 {escape(item.owner or '未定')}",
        f"{row.counts.people} {people}反馈、{row.counts.units} 句原话"
        if people == "条"
        else f"{row.counts.people} 人、{row.counts.units} 条原话",
        f"优先级 {_priority(item)}",
    ]
    if item.due:
        facts.append(f"截止 {item.due}")
    if item.target_release:
        facts.append(f"计划版本 {escape(item.target_release)}")
    if item.labels:
        facts.append(f"标签 {escape('、'.join(item.labels))}")
    if item.duplicate_of_key:
        facts.append(f"与 {item.duplicate_of_key} 重复")
    facts.append(f"第 {item.version} 版")
    out.print("；".join(facts))
    if item.tracker_url:
        out.print(f"任务：{escape(item.tracker_url)}", soft_wrap=True)
    if item.priority_parts:
        labels = part_labels(people)
        parts = "　".join(
            f"{labels.get(name, name)} {value:.2f}" for name, value in item.priority_parts.items()
        )
        out.print(f"[dim]分项（0–1）：{parts}[/dim]")


def _history(detail: RequestDetail) -> list[tuple[datetime, str]]:
    """Return steps and edits in the order in which they happened, one line each."""
    from feedback_nlp.requests.versions import describe_edit  # noqa: PLC0415

    lines = []
    for event in detail.history:
        before = f"{label(RequestStatus(event.from_status))} → " if event.from_status else ""
        why = f"：{escape(event.reason)}" if event.reason else ""
        words = f"{before}{label(RequestStatus(event.to_status))}{why}"
        lines.append((event.happened_at, f"{escape(_actor(event.actor))} {words}"))
    lines += [
        (edit.happened_at, f"{escape(_actor(edit.actor))} {escape(describe_edit(edit))}")
        for edit in detail.edits
    ]
    lines += [
        (said.happened_at, f"{escape(said.actor)} 评论：{escape(said.text)}")
        for said in detail.comments
    ]
    return sorted(lines, key=lambda line: line[0])
