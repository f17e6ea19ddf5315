"""``feedback-nlp classify``: a file of texts in, sentiment, intent and units out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from feedback_nlp.cli.options import expand
from feedback_nlp.cli.progress import share_meter
from feedback_nlp.cli.terminal import JsonOption, err, load_settings, print_json
from feedback_nlp.labels import Depth

if TYPE_CHECKING:
    from feedback_nlp.jobs.classify import ClassifyReport
    from feedback_nlp.jobs.options import ClassifyOptions
    from feedback_nlp.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Choices:
    """How the file is read and the rows are worked on."""

    workers: Annotated[
        int | None,
        typer.Option(
            "--workers", min=1, max=256, help="进程数，默认按文件大小决定", show_default=False
        ),
    ] = None
    depth: Annotated[
        Depth, typer.Option("--depth", help="fast 快读，每秒上万条；deep 深读，每秒几百条，更准")
    ] = Depth.FAST
    redact: Annotated[bool, typer.Option("--redact", help="遮盖手机号等个人信息")] = False
    maps: Annotated[
        list[str] | None,
        typer.Option(
            "--map",
            metavar="列名=字段",
            help="指明 text 或 source_key 是哪一列",
            show_default=False,
        ),
    ] = None
    format_: Annotated[
        str | None, typer.Option("--format", help="输入格式，默认自动判断", show_default=False)
    ] = None
    sheet: Annotated[
        str | None, typer.Option("--sheet", help="读工作簿里的哪张表", show_default=False)
    ] = None

    keep: Annotated[
        str | None,
        typer.Option(
            "--keep",
            metavar="列名,列名",
            help="只带出这些原有的列，默认全部带出",
            show_default=False,
        ),
    ] = None
    rejects: Annotated[
        Path | None,
        typer.Option(
            "--rejects",
            metavar="FILE",
            help="读不了的行另存到这里（.jsonl、.csv），带行号和原因；默认留在原位",
            show_default=False,
        ),
    ] = None
    resume: Annotated[
        bool, typer.Option("--resume", help="做完的部分先存着，中断后同一条命令接着做")
    ] = False
    with_topics: Annotated[
        str | None,
        typer.Option(
            "--with-topics",
            metavar="URL",
            help="把每个观点归到这个数据库现有的主题里（只读）",
            show_default=False,
        ),
    ] = None

    partition_by: Annotated[
        str | None,
        typer.Option(
            "--partition-by",
            metavar="列",
            help="输出是一个目录：按这一列的日期分成 Parquet，一天一个子目录，重跑只换掉出现的日子",
            show_default=False,
        ),
    ] = None

    def options(self, settings: Settings) -> ClassifyOptions:
        """Return them with what the environment says."""
        from feedback_nlp.ingest import parse_mapping  # noqa: PLC0415
        from feedback_nlp.jobs.options import ClassifyOptions  # noqa: PLC0415

        return ClassifyOptions(
            zone=settings.zone,
            workers=self.workers,
            depth=self.depth,
            redact=self.redact,
            mapping=parse_mapping(self.maps or ()),
            format=self.format_,
            sheet=self.sheet,
            keep=None if self.keep is None else _names(self.keep),
            rejects=self.rejects,
            resume=self.resume,
            topics_of=self.with_topics,
            partition_by=self.partition_by,
            secret=settings.plain_secret,
        )


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("classify", help="不用数据库：给一个文件的每一行判断情感、意图并切出观点")(
        expand(classify)
    )


def classify(
    sources: Annotated[
        list[Path],
        typer.Argument(
            metavar="文件…",
            help="带 text 列的表格，或一行一条的纯文本；文件、通配符、目录都行；- 表示标准输入",
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="OUTPUT",
            help=".jsonl、.csv、.tsv（可加 .gz）、.parquet、.xlsx；- 为标准输出",
        ),
    ],
    choices: Choices,
    as_json: JsonOption = False,
) -> None:
    """Classify every row. Exit 0: all well; 1: some rows could not be read; 2: unusable input."""
    from feedback_nlp.batch.no_pandas import pandas_hidden  # noqa: PLC0415
    from feedback_nlp.config import load_config  # noqa: PLC0415
    from feedback_nlp.jobs.classify import classify_file  # noqa: PLC0415

    settings = load_settings()
    with pandas_hidden(), share_meter("载入模型") as update:
        report = classify_file(
            sources,
            output,
            load_config(settings.pipeline),
            choices.options(settings),
            progress=lambda done: update(done.rows, done.share),
        )
    if as_json and str(output) != "-":
        print_json(report.as_dict())
    else:
        of = f"（{report.files:,} 个文件）" if report.files > 1 else ""
        err.print(escape(f"已分析 {report.read:,} 行{of}，写到 {output}"), soft_wrap=True)
    _tell_what_is_missing(report)
    if report.failed:
        reasons = "、".join(f"{reason} {count}" for reason, count in sorted(report.reasons.items()))
        where = f"另存在 {choices.rejects}" if choices.rejects else "输出里带有 error"
        err.print(escape(f"{report.failed:,} 行无法读取，{where}：{reasons}"), soft_wrap=True)
        raise typer.Exit(1)


def _tell_what_is_missing(report: ClassifyReport) -> None:
    if report.skipped:
        shown = "、".join(report.skipped[:5])
        more = "……" if len(report.skipped) > 5 else ""
        err.print(
            escape(f"跳过 {len(report.skipped):,} 个不是表格的文件：{shown}{more}"), soft_wrap=True
        )
    if report.unplaced:
        shown = "、".join(f"{name}（{rows:,} 行）" for name, rows in report.unplaced.items())
        err.print(
            escape(f"这些列出现得太晚，没有写进输出：{shown}。输出成 .jsonl 就不会少"),
            soft_wrap=True,
        )


def _names(text: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in text.replace("，", ",").split(",") if name.strip())
