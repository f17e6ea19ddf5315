"""``feedback-nlp ingest``: files in, and what became of each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape
from rich.table import Table

from feedback_nlp.cli.collecting import fewer_collections
from feedback_nlp.cli.hints import HINTS, remark
from feedback_nlp.cli.progress import row_counter
from feedback_nlp.cli.terminal import (
    DatabaseOption,
    JsonOption,
    err,
    load_settings,
    open_database,
    out,
    print_json,
)
from feedback_nlp.errors import FeedbackError, InputError
from feedback_nlp.labels import SourceKind

if TYPE_CHECKING:
    from feedback_nlp.ingest import Choices
    from feedback_nlp.jobs.ingest import IngestReport
    from feedback_nlp.jobs.options import IngestOptions
    from feedback_nlp.store import Database

_ROWS_REJECTED = 1
_FILE_UNUSABLE = 2

FilesArgument = Annotated[
    list[Path],
    typer.Argument(
        metavar="文件…", help="CSV、TSV、XLSX、JSON、JSONL、Parquet，可为 .gz；- 表示标准输入"
    ),
]
SourceOption = Annotated[
    str | None,
    typer.Option("--source", metavar="NAME", help="来源名，新名字会自动登记", show_default=False),
]
KindOption = Annotated[
    SourceKind | None,
    typer.Option("--kind", help="来源类型，默认由文件格式判断", show_default=False),
]
ProductOption = Annotated[
    str | None, typer.Option("--product", help="产品名，用于没写产品的行", show_default=False)
]
MapOption = Annotated[
    list[str] | None,
    typer.Option(
        "--map",
        metavar="列名=字段",
        help="指明某列是什么，可重复；会记在来源上",
        show_default=False,
    ),
]
FormatOption = Annotated[
    str | None,
    typer.Option("--format", help="标准输入等无法判断时指定格式", show_default=False),
]
SheetOption = Annotated[
    str | None, typer.Option("--sheet", help="读工作簿里的哪张表", show_default=False)
]
HeaderRowOption = Annotated[
    int | None,
    typer.Option("--header-row", metavar="N", min=1, help="表头在第几行", show_default=False),
]
NoHeaderOption = Annotated[
    bool, typer.Option("--no-header", help="文件没有表头，按内容猜列；列叫 列1、列2……")
]
AsOfOption = Annotated[
    datetime | None,
    typer.Option(
        "--as-of",
        metavar="日期",
        help="文件是哪天导出的：3天前、昨天、03-05 从这天算",
        formats=["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"],
        show_default=False,
    ),
]
DropOption = Annotated[
    list[str] | None,
    typer.Option("--drop", metavar="列名", help="不保存这一列，可重复", show_default=False),
]
KeepOption = Annotated[
    list[str] | None,
    typer.Option(
        "--keep", metavar="列名", help="不认识的列也保存（脱敏后），可重复", show_default=False
    ),
]
ContactOption = Annotated[
    str,
    typer.Option(
        "--contact",
        metavar="列名",
        help="留了联系邮箱的列：加密保存，只用于通知；要同时写 --consent，并由部署开启",
        show_default=False,
    ),
]
ConsentOption = Annotated[
    str,
    typer.Option(
        "--consent",
        metavar="列名|always",
        help="写了愿不愿意被联系的列；收集时就说明了用来回复的写 always",
        show_default=False,
    ),
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="只看每列怎么读、前三行存成什么样，不导入")
]


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("ingest", help="导入文件：问卷、应用商店、社交媒体、工单……格式自动识别")(ingest)


def ingest(
    files: FilesArgument,
    source: SourceOption = None,
    kind: KindOption = None,
    product: ProductOption = None,
    maps: MapOption = None,
    format_: FormatOption = None,
    sheet: SheetOption = None,
    header_row: HeaderRowOption = None,
    no_header: NoHeaderOption = False,
    as_of: AsOfOption = None,
    drop: DropOption = None,
    keep: KeepOption = None,
    contact: ContactOption = "",
    consent: ConsentOption = "",
    dry_run: DryRunOption = False,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Store files. Exit 0: all well; 1: rows were rejected; 2: a file was not usable."""
    from feedback_nlp.ingest import parse_mapping  # noqa: PLC0415
    from feedback_nlp.jobs.options import IngestOptions  # noqa: PLC0415

    settings = load_settings()
    if source is None and not dry_run:
        raise InputError("没有说来源", hint="加 --source 来源名；只想看看怎么读请加 --dry-run")
    options = IngestOptions(
        source=source or "",
        zone=settings.zone,
        kind=kind,
        product=product,
        mapping=parse_mapping(maps or ()),
        format=format_,
        sheet=sheet,
        choices=replace(
            _choices(header_row, no_header, as_of, drop, keep, settings.zone),
            contact=contact,
            consent=consent,
        ),
        keep_contacts=settings.keep_contacts,
        secret=settings.plain_secret,
    )
    if dry_run:
        _preview(files, options, as_json=as_json)
        return
    with open_database(db, settings, make=True) as database, fewer_collections():
        reports, failures = _store(database, files, options, as_json=as_json)
    if as_json:
        failed = [{"file_name": path.name, "error": error.told(HINTS)} for path, error in failures]
        print_json({"batches": [report.as_dict() for report in reports], "failed": failed})
    if failures:
        raise typer.Exit(_FILE_UNUSABLE)
    if any(report.has_faults for report in reports):
        raise typer.Exit(_ROWS_REJECTED)


def _store(
    database: Database, files: list[Path], options: IngestOptions, *, as_json: bool
) -> tuple[list[IngestReport], list[tuple[Path, FeedbackError]]]:
    """Store the files one by one; of several, one that is not usable does not stop the others.

    Raises:
        InputError: If the only file is not usable.
    """
    from feedback_nlp.jobs.ingest import ingest_file  # noqa: PLC0415

    reports: list[IngestReport] = []
    failures: list[tuple[Path, FeedbackError]] = []
    for path in files:
        name = escape(path.name)
        try:
            with row_counter(f"导入 {name}", f"导入 {name}：{{:,}} 条") as progress:
                report = ingest_file(
                    database, path, options, now=lambda: datetime.now(UTC), progress=progress
                )
        except InputError as error:
            if len(files) == 1:
                raise
            failures.append((path, error))
            err.print(
                f"[red]{error.title}[/red]：{escape(f'{path.name}：{error.told(HINTS)}')}",
                soft_wrap=True,
            )
            continue
        reports.append(report)
        if not as_json:
            _print_report(report)
    return reports, failures


def _choices(
    header_row: int | None,
    no_header: bool,
    as_of: datetime | None,
    drop: list[str] | None,
    keep: list[str] | None,
    zone: ZoneInfo,
) -> Choices:
    from feedback_nlp.ingest import Choices  # noqa: PLC0415
    from feedback_nlp.tabular import HeaderChoice  # noqa: PLC0415

    if header_row is not None and no_header:
        raise InputError("--header-row 和 --no-header 不能一起用", hint="只留一个")
    return Choices(
        header=HeaderChoice(header_row, no_header),
        as_of=as_of.replace(tzinfo=zone) if as_of else None,
        drop=tuple(drop or ()),
        keep=tuple(keep or ()),
    )


def _preview(files: list[Path], options: IngestOptions, *, as_json: bool) -> None:
    """Show what an import would do; nothing is stored."""
    from feedback_nlp.jobs.dry_run import preview_file  # noqa: PLC0415

    previews = [(path, preview_file(path, options)) for path in files]
    if as_json:
        print_json([{"file_name": path.name, **seen.as_dict()} for path, seen in previews])
        return
    for path, seen in previews:
        out.print(
            escape(f"{path.name}：{seen.layout_label}（{seen.kind}），没有导入"), soft_wrap=True
        )
        table = Table(title="每列怎么读")
        for heading in ("列", "读作", "为什么不保存"):
            table.add_column(heading)
        for row in seen.columns:
            table.add_row(*(escape(row[name]) for name in ("column", "use", "why")))
        out.print(table)
        for number, stored in enumerate(seen.rows, 1):
            out.print(escape(f"第 {number} 条会存成："), soft_wrap=True)
            for name, value in stored.items():
                out.print(escape(f"  {name} = {str(value)[:200]}"), soft_wrap=True)
        for rejected in seen.rejected:
            out.print(escape(f"第 {rejected['line']} 行不收：{rejected['detail']}"), soft_wrap=True)
        for note in seen.notes:
            err.print(escape(f"注意（前 {seen.looked_at:,} 行）：{remark(note)}"), soft_wrap=True)


def _print_report(report: IngestReport) -> None:
    resumed = f"（接着上次中断处的第 {report.resumed_from:,} 条）" if report.resumed_from else ""
    out.print(
        escape(
            f"{report.file_name}：{report.layout_label}，读入 {report.read:,} 条{resumed} = "
            f"新增 {report.accepted:,} + 重复 {report.duplicate:,} + 拒绝 {report.rejected:,}"
            f"（批次 {report.batch_id}）"
        ),
        soft_wrap=True,
    )
    for note in report.notes:
        err.print(escape(f"注意：{remark(note)}"), soft_wrap=True)
    if report.rejected:
        what = "部分行被拒绝" if report.has_faults else "部分行没有可分析的文字，已记在批次里"
        reasons = "、".join(f"{reason} {count}" for reason, count in sorted(report.reasons.items()))
        hint = f"用 feedback-nlp batches --rejected {report.batch_id} 查看"
        err.print(escape(f"{what}：{reasons or report.rejected}（{hint}）"), soft_wrap=True)
