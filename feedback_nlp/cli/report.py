"""``feedback-nlp top`` and ``feedback-nlp digest``: the Monday list and the weekly report."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from feedback_nlp.cli.terminal import (
    DatabaseOption,
    JsonOption,
    ProductOption,
    WeekOption,
    load_settings,
    open_database,
    out,
    print_json,
)
from feedback_nlp.labels import Movement, label

if TYPE_CHECKING:
    from feedback_nlp.report.digest import TopicFigures, WeeklyDigest

_STYLES = {
    Movement.REOPENED: "bold magenta",
    Movement.NEW: "bold red",
    Movement.RISING: "red",
    Movement.STEADY: "dim",
    Movement.FALLING: "green",
    Movement.GONE: "green",
}
_LISTED = 6
_WIDE = 110


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("top", help="本周要事：排行和变化")(top)
    app.command("digest", help="周报：写成 .html、.md、.xlsx 或 .json")(digest)


def top(
    week: WeekOption = None,
    product: ProductOption = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="排行列几项")] = 15,
    why: Annotated[bool, typer.Option("--why", help="说明每一项为什么排在这里")] = False,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the ranking of a week and what changed."""
    from feedback_nlp.config import load_config  # noqa: PLC0415
    from feedback_nlp.jobs.digest import compute_digest  # noqa: PLC0415
    from feedback_nlp.report.as_json import to_payload  # noqa: PLC0415

    settings = load_settings()
    config = load_config(settings.pipeline)
    config = config.model_copy(
        update={"report": config.report.model_copy(update={"top_count": limit})}
    )
    with open_database(db, settings) as database, database.read() as session:
        report = compute_digest(session, config, zone=settings.zone, week=week, product=product)
    if as_json:
        print_json(to_payload(report))
    else:
        print_top(report, why=why)


def digest(
    output: Annotated[
        list[Path],
        typer.Option("--output", "-o", metavar="FILE", help="写到哪里，可重复；格式看后缀"),
    ],
    week: WeekOption = None,
    product: ProductOption = None,
    db: DatabaseOption = None,
) -> None:
    """Write the report of a week."""
    from feedback_nlp.config import load_config  # noqa: PLC0415
    from feedback_nlp.jobs.digest import write_digest  # noqa: PLC0415
    from feedback_nlp.report.wording import period  # noqa: PLC0415

    settings = load_settings()
    with open_database(db, settings) as database:
        report = write_digest(
            database,
            load_config(settings.pipeline),
            output,
            zone=settings.zone,
            now=datetime.now(UTC),
            week=week,
            product=product,
        )
    out.print(
        f"{period(report)} 的周报已写到 " + "、".join(escape(str(path)) for path in output),
        soft_wrap=True,
    )


def print_top(report: WeeklyDigest, *, why: bool = False) -> None:
    """Print the Monday list: totals, the ranking, what changed, what was left out."""
    from feedback_nlp.report import wording  # noqa: PLC0415

    total = report.totals
    product = f" · {escape(report.product)}" if report.product else ""
    out.print(f"[bold]本周要事{product}　{wording.period(report)}[/bold]")
    out.print(
        f"{total.feedback.value} 条反馈（{wording.change(total.feedback, total.feedback_last)}），"
        f"{total.people.value} 人（{wording.change(total.people, total.people_last)}）；"
        f"负面 {wording.share(total.sentiments['neg'], total.feedback)}，"
        f"未归类 {wording.share(total.unassigned_units, total.problem_units)}"
    )
    if not report.topics:
        out.print("这一周没有成形的主题。")
    else:
        out.print(_table(report.topics[: report.top_count]))
    if why:
        for topic in report.topics[: report.top_count]:
            out.print(f"[bold]{escape(topic.name)}[/bold] {escape(topic.why)}")
    for kind in wording.REVIEW_ORDER:
        moved = report.moved(kind)
        if moved:
            names = "、".join(
                f"{escape(topic.name)} {topic.people_last.value}→{topic.people.value} 人"
                for topic in moved[:_LISTED]
            )
            more = f" 等 {len(moved)} 个" if len(moved) > _LISTED else ""
            out.print(f"[{_STYLES[kind]}]{label(kind)}[/]　{names}{more}")
    if report.praise:
        names = "、".join(f"{escape(item.name)} {item.people.value} 人" for item in report.praise)
        out.print(f"[bold]表扬[/bold]　{names}")
    for note in wording.notes(report):
        out.print(f"[dim]{escape(note)}[/dim]")


def _table(topics: tuple[TopicFigures, ...]) -> Table:
    from feedback_nlp.report import wording  # noqa: PLC0415

    table = Table(box=None, padding=(0, 1), header_style="dim")
    table.add_column("", justify="right")
    table.add_column("变化", no_wrap=True)
    table.add_column("主题", overflow="fold", min_width=14)
    table.add_column("本周/上周", justify="right", no_wrap=True)
    table.add_column("走势", no_wrap=True)
    table.add_column("优先级", justify="right", no_wrap=True)
    is_wide = out.width >= _WIDE
    if is_wide:
        table.add_column("主要渠道", no_wrap=True)
    table.add_column("需求", no_wrap=True)
    table.add_column("原话", overflow="ellipsis", no_wrap=True, ratio=1)
    for topic in topics:
        move = topic.movement
        table.add_row(
            str(topic.priority.position),
            Text(wording.movement_label(move), style=_STYLES[move] if move else "dim"),
            Text(("📌" if topic.is_pinned else "") + topic.name, style="bold"),
            f"{topic.people.value}/{topic.people_last.value} 人",
            wording.sparkline(topic.series),
            wording.interval(topic),
            *([Text(wording.main_channels(topic, 1))] if is_wide else []),
            Text(topic.request.key if topic.request else ""),
            Text(wording.shorten(topic.quotes[0].text, 40) if topic.quotes else "", style="dim"),
        )
    return table
