"""``feedback-nlp requests`` and ``feedback-nlp request REQ-12``: the list and one life."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from feedback_nlp.cli.options import expand
from feedback_nlp.cli.terminal import (
    DatabaseOption,
    JsonOption,
    ProductOption,
    load_settings,
    open_database,
    out,
    print_json,
)
from feedback_nlp.errors import InputError
from feedback_nlp.labels import (
    ENGINE,
    Intent,
    NoticeStatus,
    ReporterStatus,
    RequestOrder,
    RequestStatus,
    label,
)

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from sqlmodel import Session

    from feedback_nlp.requests.reading import RequestRow
    from feedback_nlp.store.tables import FeatureRequest


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

    statuses = [_status(name) for name in status or []]
    with open_database(db) as database, database.read() as session:
        rows = list_requests(session, statuses=statuses, product=product, limit=limit, order=order)
    if as_json:
        print_json(
            [
                {**_payload(row.request, row.people_count), "rice": row.rice, "ice": row.ice}
                for row in rows
            ]
        )
    elif rows:
        out.print(_table(rows))
    else:
        out.print("没有符合条件的需求。运行 feedback-nlp analyze 后，够多人提到的主题会成为需求。")


@dataclass(frozen=True, kw_only=True)
class Step:
    """Where the request goes next, who says so and why."""

    to: Annotated[str | None, typer.Option("--to", help="改成哪个状态，例如 planned")] = None
    reason: Annotated[str, typer.Option("--reason", help="为什么；不采纳和重新打开必填")] = ""
    actor: Annotated[str, typer.Option("--actor", help="谁改的；改状态时必填")] = ""
    duplicate_of: Annotated[
        str | None, typer.Option("--duplicate-of", metavar="REQ-3", help="与哪条需求重复")
    ] = None


@dataclass(frozen=True, kw_only=True)
class Estimates:
    """What people estimate of a request."""

    owner: Annotated[str | None, typer.Option("--owner", help="负责人")] = None
    effort: Annotated[
        float | None, typer.Option("--effort", min=0, max=1, help="工作量 0–1，1 最大")
    ] = None
    strategic: Annotated[
        float | None, typer.Option("--strategic", min=0, max=1, help="战略权重 0–1")
    ] = None

    def given(self) -> dict[str, Any]:
        """Return those that were named, by their column."""
        named = {
            "owner": self.owner,
            "effort": self.effort,
            "strategic_weight": self.strategic,
        }
        return {name: value for name, value in named.items() if value is not None}


def request(
    key: Annotated[str, typer.Argument(metavar="REQ-12", help="需求编号")],
    step: Step,
    estimates: Estimates,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show one request, or move it through the loop."""
    from feedback_nlp.config import load_config  # noqa: PLC0415
    from feedback_nlp.requests.moving import (  # noqa: PLC0415
        apply_transition,
        set_estimates,
    )
    from feedback_nlp.requests.priorities import refresh_priorities  # noqa: PLC0415

    settings = load_settings()
    status = None if step.to is None else _status(step.to)
    given = estimates.given()
    with open_database(db, settings) as database:
        if status is not None or given:
            now = datetime.now(UTC)
            with database.write() as session:
                if given:
                    set_estimates(session, key, given, now=now)
                    refresh_priorities(
                        session, load_config(settings.pipeline).rank, zone=settings.zone, now=now
                    )
                if status is not None:
                    apply_transition(
                        session,
                        key,
                        status,
                        actor=step.actor,
                        now=now,
                        reason=step.reason,
                        duplicate_of=step.duplicate_of,
                    )
        with database.read() as session:
            _show(session, key, settings.zone, as_json=as_json)


def _status(name: str) -> RequestStatus:
    """Accept the English name or the Chinese word."""
    words = {label(status): status for status in RequestStatus}
    known = {status.value: status for status in RequestStatus}
    status = known.get(name.strip().lower()) or words.get(name.strip())
    if status is None:
        names = "、".join(f"{status.value}（{word}）" for word, status in words.items())
        raise InputError(f"没有 {name!r} 这个状态", hint=f"可用：{names}")
    return status


def _actor(name: str) -> str:
    return "系统" if name == ENGINE else name


def _table(rows: list[RequestRow]) -> Table:
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for name, options in (
        ("编号", {"no_wrap": True}),
        ("优先级", {"justify": "right", "no_wrap": True}),
        ("RICE", {"justify": "right", "no_wrap": True}),
        ("ICE", {"justify": "right", "no_wrap": True}),
        ("需求", {"overflow": "fold", "min_width": 14}),
        ("类型", {"no_wrap": True}),
        ("人数", {"justify": "right", "no_wrap": True}),
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


def _payload(item: FeatureRequest, people_count: int) -> dict[str, Any]:
    return {**item.model_dump(mode="json"), "people_count": people_count}


def _show(session: Session, key: str, zone: ZoneInfo, *, as_json: bool) -> None:
    from feedback_nlp.loop import allowed_from  # noqa: PLC0415
    from feedback_nlp.rank.explain import PART_LABELS  # noqa: PLC0415
    from feedback_nlp.requests.reading import request_detail  # noqa: PLC0415

    detail = request_detail(session, key)
    item = detail.request
    status = RequestStatus(item.status)
    if as_json:
        print_json(
            {
                **_payload(item, detail.people_count),
                "evidence_count": detail.evidence_count,
                "notices": detail.notices,
                "quotes": [quote._asdict() for quote in detail.quotes],
                "history": [event.model_dump(mode="json") for event in detail.history],
                "allowed": [to.value for to in allowed_from(status)],
            }
        )
        return
    out.print(f"[bold]{item.key}　{escape(item.title)}[/bold]")
    shown = label(ReporterStatus(item.reporter_status))
    facts = [
        f"状态 {label(status)}（反馈者看到：{shown}）",
        f"负责人 {escape(item.owner or '未定')}",
        f"{detail.people_count} 人、{detail.evidence_count} 条原话",
        f"优先级 {_priority(item)}",
    ]
    if item.duplicate_of_key:
        facts.append(f"与 {item.duplicate_of_key} 重复")
    out.print("；".join(facts))
    if item.priority_parts:
        parts = "　".join(
            f"{PART_LABELS.get(name, name)} {value:.2f}"
            for name, value in item.priority_parts.items()
        )
        out.print(f"[dim]分项（0–1）：{parts}[/dim]")
    for quote in detail.quotes:
        day = quote.occurred_at.astimezone(zone)
        out.print(f"  “{escape(quote.text)}”[dim] {escape(quote.channel)} {day:%m-%d}[/dim]")
    if detail.notices:
        words = "、".join(
            f"{label(NoticeStatus(name))} {number}"
            for name, number in sorted(detail.notices.items())
        )
        out.print(f"通知：{words}")
    out.print("经过：")
    for event in detail.history:
        moment = event.happened_at.astimezone(zone)
        before = f"{label(RequestStatus(event.from_status))} → " if event.from_status else ""
        why = f"：{escape(event.reason)}" if event.reason else ""
        out.print(
            f"  {moment:%Y-%m-%d %H:%M} {escape(_actor(event.actor))} "
            f"{before}{label(RequestStatus(event.to_status))}{why}"
        )
    allowed = "、".join(f"{label(to)}（{to.value}）" for to in allowed_from(status))
    out.print(f"[dim]接下来可以改成：{allowed}[/dim]")
