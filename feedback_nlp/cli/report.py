"""``feedback-nlp top`` and ``feedback-nlp digest``: the Monday list and the weekly report."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

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
from feedback_nlp.weeks import Month, Week

if TYPE_CHECKING:
    from feedback_nlp.week.records import WeeklyDigest

MonthOption = Annotated[
    str | None, typer.Option("--month", metavar="2026-11", help="看一个月，而不是一周")
]


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command("top", help="本周要事：变化和待办优先级")(top)
    app.command("digest", help="周报或月报：写成 .html、.md、.xlsx 或 .json")(digest)


def top(
    week: WeekOption = None,
    month: MonthOption = None,
    product: ProductOption = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="每个表列几项")] = 15,
    why: Annotated[bool, typer.Option("--why", help="说明每条需求为什么排在这里")] = False,
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
            session,
            config,
            zone=settings.zone,
            now=datetime.now(UTC),
            week=_period(week, month),
            product=product,
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
    """Print the Monday page: totals, what changed, what to do first, what was left out."""
    from feedback_nlp.cli.lists import print_folded  # noqa: PLC0415
    from feedback_nlp.report import data_notes, wording  # noqa: PLC0415

    total, people = report.totals, wording.unit(report)
    product = f" · {escape(report.product)}" if report.product else ""
    out.print(f"[bold]本{report.span}要事{product}　{wording.period(report)}[/bold]")
    if not total.feedback.value:
        out.print(f"本{report.span}没有反馈。不指定时间，看的就是最近有反馈的一周")
        return
    out.print(
        f"{total.feedback.value} 条反馈（{wording.change(total.feedback, total.feedback_last)}）"
        f"{wording.people_phrase(report)}；"
        f"负面 {wording.share(total.sentiments['neg'], total.feedback)}，"
        f"未归类 {wording.share(total.unassigned_units, total.problem_units)}"
    )
    _print_changes(report)
    _print_backlog(report, why=why)
    if report.similar:
        out.print("\n[bold]像是同一件事[/bold]　要合并：feedback-nlp topics similar")
        for line in wording.similar_lines(report, 3):
            print_folded(line, indent=2)
    if report.praise:
        names = "、".join(
            f"{escape(item.name)} {item.people.value} {people}" for item in report.praise
        )
        out.print(f"\n[bold]表扬[/bold]　{names}")
    if report.doubtful_count.value:
        out.print(
            f"[bold]待核对[/bold]　星级与文字相反 {report.doubtful_count.value} 条，不算表扬："
        )
        for line in wording.doubtful_lines(report):
            print_folded(line, indent=2)
    for note in data_notes.notes(report):
        print_folded(note, style="dim")


def _print_changes(report: WeeklyDigest) -> None:
    from feedback_nlp.cli.lists import change_lines, print_lines  # noqa: PLC0415
    from feedback_nlp.report import wording  # noqa: PLC0415

    span = report.span
    out.print(f"\n[bold]本{span}变化[/bold]　超出前几{span}波动的主题")
    count = len(report.moved(*wording.REVIEW_ORDER))
    if report.history_weeks == 0:
        out.print(f"之前没有完整的一{span}可比，看不出变化。")
    elif not count:
        out.print("没有超出平时波动的变化。")
    else:
        print_lines(change_lines(report, report.top_count))
        if count > report.top_count:
            out.print(f"[dim]另有 {count - report.top_count} 个，用 -n 多列几个。[/dim]")
    if words := wording.swing_words(report):
        out.print(f"波动内但变化较大　{escape(words)}")
    for heading, words in wording.delta_steps(report):
        out.print(f"[bold]{heading}[/bold]　{escape(words)}")


def _print_backlog(report: WeeklyDigest, *, why: bool) -> None:
    from feedback_nlp.cli.lists import print_lines, request_lines  # noqa: PLC0415

    count = len(report.backlog)
    shown = min(count, report.top_count)
    told = f"{count} 条未解决的需求" + (f"，列前 {shown} 条" if shown < count else "")
    out.print(f"\n[bold]待办优先级[/bold]　{told}")
    if not count:
        out.print("没有未解决的需求。够多人提到的主题会成为需求。")
        return
    print_lines(request_lines(report, shown))
    if why:
        for request in report.backlog[:shown]:
            out.print(f"[bold]{request.key} {escape(request.title)}[/bold] {escape(request.why)}")
