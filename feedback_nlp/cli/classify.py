"""``feedback-nlp classify``: a file of texts in, sentiment, intent and units out."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from feedback_nlp.cli.options import expand
from feedback_nlp.cli.progress import row_counter
from feedback_nlp.cli.terminal import JsonOption, err, load_settings, print_json

if TYPE_CHECKING:
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

    def options(self, settings: Settings) -> ClassifyOptions:
        """Return them with what the environment says."""
        from feedback_nlp.ingest import parse_mapping  # noqa: PLC0415
        from feedback_nlp.jobs.options import ClassifyOptions  # noqa: PLC0415

        return ClassifyOptions(
            zone=settings.zone,
            workers=self.workers,
            redact=self.redact,
            mapping=parse_mapping(self.maps or ()),
            format=self.format_,
            sheet=self.sheet,
            secret=settings.secret.get_secret_value() if settings.secret else None,
        )


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("classify", help="不用数据库：给一个文件的每一行判断情感、意图并切出观点")(
        expand(classify)
    )


def classify(
    source: Annotated[
        Path,
        typer.Argument(
            metavar="INPUT", help="带 text 列的表格，或一行一条的纯文本；- 表示标准输入"
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
    from feedback_nlp.config import load_config  # noqa: PLC0415
    from feedback_nlp.jobs.classify import classify_file  # noqa: PLC0415

    settings = load_settings()
    with row_counter("载入模型", "已分析 {:,} 行") as progress:
        report = classify_file(
            source,
            output,
            load_config(settings.pipeline),
            choices.options(settings),
            progress=progress,
        )
    to_stdout = str(output) == "-"
    if as_json and not to_stdout:
        print_json(report.as_dict())
    else:
        err.print(escape(f"已分析 {report.read:,} 行，写到 {output}"), soft_wrap=True)
    if report.failed:
        reasons = "、".join(f"{reason} {count}" for reason, count in sorted(report.reasons.items()))
        err.print(
            escape(f"{report.failed:,} 行无法读取，输出里带有 error：{reasons}"), soft_wrap=True
        )
        raise typer.Exit(1)
