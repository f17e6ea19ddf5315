"""``feedback-nlp top`` and ``feedback-nlp digest``: the Monday list and the weekly report."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.cells import cell_len
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
from feedback_nlp.errors import InputError
from feedback_nlp.labels import Movement, label
from feedback_nlp.weeks import Month, Week

if TYPE_CHECKING:
    from feedback_nlp.week.records import TopicFigures, WeeklyDigest

_STYLES = {
    Movement.REOPENED: "bold magenta",
    Movement.NEW: "bold red",
    Movement.RISING: "red",
    Movement.STEADY: "dim",
    Movement.FALLING: "green",
    Movement.GONE: "green",
}
_LISTED = 6

MonthOption = Annotated[
    str | None, typer.Option("--month", metavar="2026-11", help="看一个月，而不是一周")
]
_WIDE = 110
_MAX_NAME_WIDTH = 28
_MIN_QUOTE_WIDTH = 16


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("top", help="本周要事：排行和变化")(top)
    app.command("digest", help="周报或月报：写成 .html、.md、.xlsx 或 .json")(digest)


def top(
    week: WeekOption = None,
    month: MonthOption = None,
    product: ProductOption = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="排行列几项")] = 15,
    why: Annotated[bool, typer.Option("--why", help="说明每一项为什么排在这里")] = False,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Print the ranking of a week and what changed."""
    from feedback_nlp.config import load_config  # noqa: PLC0415
    from feedback_nlp.pipeline import tell_week  # noqa: PLC0415
    from feedback_nlp.report.as_json import to_payload  # noqa: PLC0415

    settings = load_settings()
    config = load_config(settings.pipeline)
    config = config.model_copy(
        update={"report": config.report.model_copy(update={"top_count": limit})}
    )
    with open_database(db, settings) as database, database.read() as session:
        report = tell_week(
            session, config, zone=settings.zone, week=_period(week, month), product=product
        )
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
    month: MonthOption = None,
    product: ProductOption = None,
    charts: Annotated[
        Path | None,
        typer.Option("--charts", metavar="DIR", help="把热力图另存为 SVG 和 PNG，放进这个目录"),
    ] = None,
    db: DatabaseOption = None,
) -> None:
    """Write the report of a week."""
    from feedback_nlp.config import load_config  # noqa: PLC0415
    from feedback_nlp.jobs.digest import write_charts, write_digest  # noqa: PLC0415
    from feedback_nlp.report.wording import period  # noqa: PLC0415

    settings = load_settings()
    with open_database(db, settings) as database:
        report = write_digest(
            database,
            load_config(settings.pipeline),
            output,
            zone=settings.zone,
            now=datetime.now(UTC),
            week=_period(week, month),
            product=product,
        )
    if charts is not None:
        output = [*output, *write_charts(report, charts)]
    out.print(
        f"{period(report)} 的报告已写到 " + "、".join(escape(str(path)) for path in output),
        soft_wrap=True,
    )


def _period(week: str | None, month: str | None) -> str | None:
    """Return the one that was given; a month must not be a week, nor the other way round."""
    if week is not None and month is not None:
        raise InputError("--week 和 --month 只能写一个", hint="去掉其中一个")
    if month is not None:
        return str(Month.parse(month))
    return None if week is None else str(Week.parse(week))


def print_top(report: WeeklyDigest, *, why: bool = False) -> None:
    """Print the Monday list: totals, the ranking, what changed, what was left out."""
    from feedback_nlp.report import wording  # noqa: PLC0415

    total = report.totals
    product = f" · {escape(report.product)}" if report.product else ""
    out.print(f"[bold]本{report.span}要事{product}　{wording.period(report)}[/bold]")
    out.print(
        f"{total.feedback.value} 条反馈（{wording.change(total.feedback, total.feedback_last)}），"
        f"{total.people.value} 人（{wording.change(total.people, total.people_last)}）；"
        f"负面 {wording.share(total.sentiments['neg'], total.feedback)}，"
        f"未归类 {wording.share(total.unassigned_units, total.problem_units)}"
    )
    if not report.topics:
        out.print(f"这一{report.span}没有成形的主题。")
    else:
        out.print(_table(report.topics[: report.top_count], report.span))
    if why:
        for topic in report.topics[: report.top_count]:
            out.print(f"[bold]{escape(topic.name)}[/bold] {escape(topic.why)}")
    if report.history_weeks == 0:
        out.print(f"[dim]之前没有完整的一{report.span}可比，看不出变化。[/dim]")
    for kind in wording.REVIEW_ORDER:
        moved = report.moved(kind)
        if moved:
            names = "、".join(
                f"{escape(topic.name)} {topic.people_last.value}→{topic.people.value} 人"
                for topic in moved[:_LISTED]
            )
            more = f" 等 {len(moved)} 个" if len(moved) > _LISTED else ""
            out.print(f"[{_STYLES[kind]}]{label(kind)}[/]　{names}{more}")
    for heading, words in wording.delta_steps(report):
        out.print(f"[bold]{heading}[/bold]　{escape(words)}")
    if report.praise:
        names = "、".join(f"{escape(item.name)} {item.people.value} 人" for item in report.praise)
        out.print(f"[bold]表扬[/bold]　{names}")
    for note in wording.notes(report):
        out.print(f"[dim]{escape(note)}[/dim]")


def _table(topics: tuple[TopicFigures, ...], span: str) -> Table:
    """Lay the ranking out; the quote takes what is left of the line, or goes."""
    from feedback_nlp.report import wording  # noqa: PLC0415

    columns: dict[str, list[Text]] = {
        "": [Text(str(topic.priority.position), justify="right") for topic in topics],
        "变化": [_movement(topic) for topic in topics],
        "主题": [_topic_name(topic) for topic in topics],
        f"本{span}/上{span}": [
            Text(f"{topic.people.value}/{topic.people_last.value} 人", justify="right")
            for topic in topics
        ],
        "走势": [Text(wording.sparkline(topic.series)) for topic in topics],
        "优先级": [Text(wording.interval(topic), justify="right") for topic in topics],
        "需求": [Text(topic.request.key if topic.request else "") for topic in topics],
    }
    if out.width >= _WIDE:
        columns["主要渠道"] = [Text(wording.main_channels(topic, 1)) for topic in topics]
    used = sum(
        2 + max(cell_len(name), *(cell.cell_len for cell in cells))
        for name, cells in columns.items()
    )
    left = out.width - used - 2
    if left >= _MIN_QUOTE_WIDTH:
        quotes = [topic.quotes[0].text if topic.quotes else "" for topic in topics]
        columns["原话"] = [Text(wording.shorten(quote, 80), style="dim") for quote in quotes]
        for cell in columns["原话"]:
            cell.truncate(left, overflow="ellipsis")
    table = Table(box=None, padding=(0, 1), header_style="dim")
    for name in columns:
        table.add_column(name, no_wrap=True)
    for cells in zip(*columns.values(), strict=True):
        table.add_row(*cells)
    return table


def _movement(topic: TopicFigures) -> Text:
    from feedback_nlp.report import wording  # noqa: PLC0415

    move = topic.movement
    return Text(wording.movement_label(move), style=_STYLES[move] if move else "dim")


def _topic_name(topic: TopicFigures) -> Text:
    name = Text(("★ " if topic.is_pinned else "") + topic.name, style="bold")
    name.truncate(_MAX_NAME_WIDTH, overflow="ellipsis")
    return name
