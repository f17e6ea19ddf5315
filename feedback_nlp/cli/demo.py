"""``feedback-nlp demo``: the main job on invented feedback, from raw files to the digest."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from feedback_nlp.cli.terminal import load_settings, out

if TYPE_CHECKING:
    from feedback_nlp.jobs.demo import DemoReport


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("demo", help="用虚构应用六周的反馈跑一遍全流程")(demo)


def demo(
    folder: Annotated[
        Path, typer.Option("--dir", help="数据、数据库和周报放在哪里；其中上次的演示文件会被替换")
    ] = Path("demo-output"),
    seed: Annotated[int, typer.Option("--seed", help="虚构数据的随机种子")] = 42,
) -> None:
    """Run the main job on the demo data."""
    from feedback_nlp.cli.analyze import print_releases, print_report, progress_bar  # noqa: PLC0415
    from feedback_nlp.cli.report import print_top  # noqa: PLC0415
    from feedback_nlp.config import load_config  # noqa: PLC0415
    from feedback_nlp.jobs.demo import run_demo  # noqa: PLC0415

    settings = load_settings()
    with progress_bar() as progress:
        report = run_demo(
            folder,
            load_config(settings.pipeline),
            settings,
            now=lambda: datetime.now(UTC),
            seed=seed,
            progress=progress,
        )
    _print_files(report)
    print_report(report.analysis)
    _print_told(report)
    out.print("\n[bold]发布之后，用户怎么说[/bold]")
    print_releases(report.releases)
    out.print()
    print_top(report.digest)
    _print_next_steps(report)


def _print_files(report: DemoReport) -> None:
    out.print(f"[bold]虚构应用「{report.manifest.product}」六周的反馈[/bold]")
    for batch in report.ingested:
        out.print(
            f"  {escape(batch.source)}（{batch.layout_label}）：读入 {batch.read:,} = "
            f"新增 {batch.accepted:,} + 重复 {batch.duplicate:,} + 拒绝 {batch.rejected:,}"
        )


def _print_told(report: DemoReport) -> None:
    from feedback_nlp.labels import label  # noqa: PLC0415 - a command loads what it needs

    out.print("\n[bold]一个闭环：计划、发布、告诉提过的人[/bold]")
    for one in report.told:
        parts = [
            f"告诉了 {one.sent} 人“{label(one.status)}”",
            f"本机的接收端收到 {one.received} 条、重复 {one.repeated} 条",
        ]
        if one.superseded:
            parts.append(f"没发出的 {one.superseded} 条“已计划”作废，每人只收一条")
        parts += [f"{count} 人联系不上（{why}）" for why, count in one.unreachable.items()]
        out.print(escape(f"{one.key} {one.title}：{'；'.join(parts)}。"), soft_wrap=True)


def _print_next_steps(report: DemoReport) -> None:
    out.print("\n[bold]周报[/bold]")
    for path in report.digest_files:
        out.print(f"  {escape(str(path))}")
    database = escape(str(report.database_path))
    out.print("[bold]接着看[/bold]")
    out.print(f"  feedback-nlp requests --db {database}　　需求排行")
    out.print(f"  feedback-nlp search 退款 --db {database}　　搜原话")
    out.print(
        f"  feedback-nlp serve --db {database}　　打开服务 http://127.0.0.1:8000", soft_wrap=True
    )
