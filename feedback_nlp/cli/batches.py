"""``feedback-nlp batches``: what became of each file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from feedback_nlp.cli.terminal import (
    DatabaseOption,
    JsonOption,
    load_settings,
    open_database,
    out,
    print_json,
)

if TYPE_CHECKING:
    from feedback_nlp.store.tables import IngestBatch


_STATUS = {"running": "未完成", "complete": "完成"}


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("batches", help="查看每次导入的账目和被拒绝的行")(batches)


def batches(
    rejected: Annotated[
        int | None, typer.Option("--rejected", metavar="批次", help="列出这个批次被拒绝的行")
    ] = None,
    export: Annotated[
        Path | None,
        typer.Option("--export", metavar="FILE", help="写成 .csv、.jsonl、.parquet 或 .xlsx"),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", min=1, help="最多列出多少个批次")] = 20,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Show batches, or the rejected rows of one; ``--export`` writes them to a file."""
    from feedback_nlp.store.batches import list_batches, rejected_rows  # noqa: PLC0415

    settings = load_settings()
    with open_database(db, settings) as database, database.read() as session:
        if rejected is None:
            columns, rows = _batch_rows(list_batches(session, limit))
            title = "导入批次"
        else:
            columns = ["line", "reason", "detail", "raw"]
            title = f"批次 {rejected} 被拒绝的行"
            rows = [
                {name: getattr(row, name) for name in columns}
                for row in rejected_rows(session, rejected)
            ]
    if export is not None:
        from feedback_nlp.tabular import write_rows  # noqa: PLC0415

        count = write_rows(
            export, columns, rows, types=_types(columns), zone=settings.zone, guard_formulas=True
        )
        out.print(escape(f"已写出 {count:,} 行到 {export}"), soft_wrap=True)
    elif as_json:
        print_json(rows)
    else:
        _print_table(title, columns, rows)


def _batch_rows(found: list[tuple[IngestBatch, str]]) -> tuple[list[str], list[dict[str, Any]]]:
    rows = [
        {
            "batch": batch.id,
            "source": name,
            "file": batch.file_name,
            "layout": batch.layout,
            "status": batch.status,
            "read": batch.read_count,
            "accepted": batch.accepted_count,
            "duplicate": batch.duplicate_count,
            "rejected": batch.rejected_count,
            "started_at": batch.started_at,
            "finished_at": batch.finished_at,
        }
        for batch, name in found
    ]
    columns = (
        "batch source file layout status read accepted duplicate rejected started_at finished_at"
    )
    return columns.split(), rows


_HEADINGS = {
    "batch": "批次",
    "source": "来源",
    "file": "文件",
    "layout": "格式",
    "status": "状态",
    "read": "读入",
    "accepted": "新增",
    "duplicate": "重复",
    "rejected": "拒绝",
    "line": "行",
    "reason": "原因",
    "detail": "说明",
    "raw": "原始内容",
}


_NUMBERS = {"batch", "read", "accepted", "duplicate", "rejected", "line"}


def _types(columns: list[str]) -> dict[str, Any]:
    from feedback_nlp.tabular import ColumnType  # noqa: PLC0415

    types = {name: ColumnType.INTEGER for name in columns if name in _NUMBERS}
    return types | {name: ColumnType.TIME for name in columns if name.endswith("_at")}


def _print_table(title: str, columns: list[str], rows: list[dict[str, Any]]) -> None:
    if not rows:
        out.print(f"{title}：没有记录。")
        return
    table = Table(title=title)
    shown = [name for name in columns if name in _HEADINGS]
    for name in shown:
        table.add_column(_HEADINGS[name], justify="right" if name in _NUMBERS else "left")
    for row in rows:
        cells = []
        for name in shown:
            value = _STATUS.get(row[name], row[name]) if name == "status" else row[name]
            cells.append(f"{value:,}" if name in _NUMBERS else escape(str(value))[:60])
        table.add_row(*cells)
    out.print(table)
