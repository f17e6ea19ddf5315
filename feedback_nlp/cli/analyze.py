"""``feedback-nlp analyze``: read everything new, group it, rank it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from feedback_nlp.cli.terminal import (
    DatabaseOption,
    JsonOption,
    err,
    load_settings,
    open_database,
    out,
    print_json,
)
from feedback_nlp.labels import Depth, Verdict, label

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from feedback_nlp.jobs.analyze import AnalysisReport
    from feedback_nlp.requests.verifying import Looked


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("analyze", help="分析全部新反馈：切分、情感、意图、主题、排序")(analyze)


def analyze(
    db: DatabaseOption = None,
    depth: Annotated[
        Depth | None,
        typer.Option("--depth", help="读得多细：fast、deep 或 auto；默认看 pipeline.toml"),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Analyse everything that came in since the last run."""
    from feedback_nlp.config import load_config  # noqa: PLC0415
    from feedback_nlp.jobs.analyze import run_analysis  # noqa: PLC0415
    from feedback_nlp.jobs.verify import check_releases  # noqa: PLC0415

    settings = load_settings()
    config = load_config(settings.pipeline)
    if depth is not None:
        config = config.model_copy(
            update={"reading": config.reading.model_copy(update={"depth": depth})}
        )
    with open_database(db, settings) as database, progress_bar() as progress:
        report = run_analysis(
            database,
            config,
            zone=settings.zone,
            now=lambda: datetime.now(UTC),
            progress=progress,
        )
        looked = check_releases(database, config, zone=settings.zone, now=datetime.now(UTC))
    if as_json:
        verified = [{**asdict(one), "verdict": one.verdict.value} for one in looked]
        print_json({**report.as_dict(), "releases": verified})
    else:
        print_report(report)
        print_releases(looked)


def print_report(report: AnalysisReport) -> None:
    """Say in Chinese what a run did."""
    if report.run_id is None:
        out.print("没有新的反馈，上次的分析仍然有效。")
        return
    if report.changed:
        parts = "、".join(report.changed)
        reread = f"重读以前的 {report.reread_count:,} 条反馈" if report.reread_count else "重排主题"
        out.print(f"{parts}变了，{reread}；人整理过的主题、需求和证据都保留。")
    out.print(
        f"分析完成：新读 {report.read_count - report.reread_count:,} 条反馈；现有观点 {report.unit_count:,} 个、"
        f"主题 {report.topic_count} 个、需求 {report.request_count} 条、"
        f"预警 {report.alert_count} 条，"
        f"未归类 {report.unassigned_share:.1%}，用时 {report.seconds:.1f} 秒。"
    )
    if report.similar_count:
        out.print(
            f"{report.similar_count} 对主题像是同一件事，等人定夺：feedback-nlp topics similar"
        )


def print_releases(looked: Sequence[Looked]) -> None:
    """Say in Chinese what the feedback since then says of each release."""
    for one in looked:
        moved = (
            f"，已{'改成“已验证”' if one.verdict is Verdict.FIXED else '重新打开'}"
            if one.moved
            else ""
        )
        owner = f"（{one.owner}）" if one.owner else ""
        out.print(
            escape(f"{one.key} {one.title}{owner}：{label(one.verdict)}{moved}。{one.words}"),
            soft_wrap=True,
        )


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """Yield ``update(stage, done, total)``; draws only on a terminal."""
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        console=err,
        transient=True,
        disable=not err.is_terminal,
    ) as bars:
        tasks = {}

        def update(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total)
            bars.update(tasks[stage], completed=done, total=total)

        yield update
