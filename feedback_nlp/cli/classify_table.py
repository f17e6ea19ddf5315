"""``feedback-nlp classify-table``: what is new in a table, read and written to another."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from feedback_nlp.cli.options import expand
from feedback_nlp.cli.progress import row_counter
from feedback_nlp.cli.terminal import JsonOption, err, load_settings, print_json
from feedback_nlp.labels import Depth

if TYPE_CHECKING:
    from feedback_nlp.jobs.options import TableOptions
    from feedback_nlp.settings import Settings


@dataclass(frozen=True, kw_only=True)
class Tables:
    """Which tables, and how they are read."""

    source: Annotated[
        str,
        typer.Option(
            "--from", metavar="URL", help="从哪个数据库读：SQLite、PostgreSQL 或 duckdb:///文件"
        ),
    ]
    target: Annotated[
        str,
        typer.Option("--to", metavar="URL", help="写到哪个数据库，或哪个目录（见 --partition-by）"),
    ]
    key: Annotated[str, typer.Option("--key", metavar="列", help="唯一的键列，整数或文字")]
    into: Annotated[
        str | None,
        typer.Option("--into", metavar="表", help="写进哪张表，没有就建", show_default=False),
    ] = None
    partition_by: Annotated[
        str | None,
        typer.Option(
            "--partition-by",
            metavar="列",
            help="不写表，写目录：按这一列的日期分成 Parquet，一天一个子目录",
            show_default=False,
        ),
    ] = None
    table: Annotated[
        str | None, typer.Option("--table", metavar="表", help="读哪张表", show_default=False)
    ] = None
    query: Annotated[
        str | None,
        typer.Option("--query", metavar="SQL", help="或者读一条查询的结果", show_default=False),
    ] = None
    text: Annotated[
        str | None,
        typer.Option("--text", metavar="列", help="文字列，默认按列名认", show_default=False),
    ] = None
    again: Annotated[bool, typer.Option("--again", help="已经写过的也重新分析并覆盖")] = False
    redact: Annotated[bool, typer.Option("--redact", help="遮盖手机号等个人信息")] = False
    depth: Annotated[
        Depth, typer.Option("--depth", help="fast 快读，每秒上万条；deep 深读，每秒几百条，更准")
    ] = Depth.FAST
    workers: Annotated[int, typer.Option("--workers", min=1, max=256, help="进程数")] = 1
    with_topics: Annotated[
        str | None,
        typer.Option(
            "--with-topics", metavar="URL", help="归到这个数据库现有的主题里", show_default=False
        ),
    ] = None

    def options(self, settings: Settings) -> TableOptions:
        """Return them with what the environment says."""
        from feedback_nlp.jobs.options import TableOptions  # noqa: PLC0415

        values = asdict(self)
        return TableOptions(
            zone=settings.zone,
            secret=settings.plain_secret,
            topics_of=values.pop("with_topics"),
            **values,
        )


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("classify-table", help="把一张表里新增的行分析后写进另一张表，可每晚重复运行")(
        expand(classify_table)
    )


def classify_table(tables: Tables, as_json: JsonOption = False) -> None:
    """Classify what is new. Exit 0: all well; 1: rows without a key; 2: unusable input."""
    from feedback_nlp.batch.no_pandas import pandas_hidden  # noqa: PLC0415
    from feedback_nlp.config import load_config  # noqa: PLC0415
    from feedback_nlp.jobs import classify_table as job  # noqa: PLC0415

    settings = load_settings()
    with pandas_hidden(), row_counter("载入模型", "已写入 {:,} 行") as progress:
        report = job.classify_table(
            load_config(settings.pipeline), tables.options(settings), progress=progress
        )
    if as_json:
        print_json(asdict(report))
    else:
        err.print(
            escape(
                f"{report.found:,} 行里 {report.known:,} 行已有，"
                f"新分析 {report.written:,} 行，写进 {tables.into or tables.target}"
            ),
            soft_wrap=True,
        )
    if report.without_key:
        err.print(escape(f"{report.without_key:,} 行没有 {tables.key}，写不了"), soft_wrap=True)
        raise typer.Exit(1)
