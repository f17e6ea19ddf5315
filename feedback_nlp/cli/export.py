"""``feedback-nlp export``: feedback, units, topics or requests as a file."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape

from feedback_nlp.cli.terminal import (
    DatabaseOption,
    JsonOption,
    ProductOption,
    err,
    load_settings,
    open_database,
    print_json,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from feedback_nlp.tabular import ColumnType

_TIMES = {"occurred_at", "ingested_at", "created_at", "updated_at"}
_INTEGERS = {
    "feedback_id",
    "position",
    "start",
    "end",
    "topic_id",
    "parent_id",
    "merged_into_id",
    "duplicate_of",
    "unit_count",
    "feedback_count",
    "people_count",
    "evidence_count",
}
_NUMBERS = {
    "rating",
    "sentiment_score",
    "confidence",
    "topic_similarity",
    "priority",
    "priority_low",
    "priority_high",
    "effort",
    "strategic_weight",
}
_NESTED = {"signals", "meta", "keywords", "priority_parts", "labels"}


class What(StrEnum):
    """What can be exported."""

    FEEDBACK = "feedback"
    UNITS = "units"
    TOPICS = "topics"
    REQUESTS = "requests"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command("export", help="导出反馈、观点、主题或需求为表格文件")(export)


def export(
    what: Annotated[
        What,
        typer.Argument(
            metavar="种类", help="feedback 反馈、units 观点、topics 主题、requests 需求"
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output", "-o", metavar="FILE", help=".csv、.jsonl、.parquet 或 .xlsx；- 为标准输出"
        ),
    ],
    product: ProductOption = None,
    week: Annotated[
        str | None,
        typer.Option("--week", metavar="2026-W47", help="只要这一周的反馈或观点，默认全部"),
    ] = None,
    guard: Annotated[
        bool,
        typer.Option(
            "--guard-formulas/--no-guard-formulas",
            help="让表格软件不会把反馈里的文字当成公式执行（CSV 加前缀 '，Excel 标为文本）",
        ),
    ] = True,
    db: DatabaseOption = None,
    as_json: JsonOption = False,
) -> None:
    """Write one table; the suffix says the format."""
    from feedback_nlp.errors import InputError  # noqa: PLC0415
    from feedback_nlp.store.exporting import EXPORTS, ExportFilter  # noqa: PLC0415
    from feedback_nlp.tabular import (  # noqa: PLC0415
        STDIN,
        json_line,
        output_format,
        write_json_lines,
        write_rows,
    )
    from feedback_nlp.weeks import Week  # noqa: PLC0415

    settings = load_settings()
    output_format(output)
    if what in (What.TOPICS, What.REQUESTS) and (product or week):
        raise InputError(f"导出 {what} 时不能用 --product 或 --week", hint="去掉它们，导出全部")
    since, until = Week.parse(week).bounds(settings.zone) if week else (None, None)
    read, columns = EXPORTS[what]
    with open_database(db, settings) as database, database.read() as session:
        rows = read(session, ExportFilter(product, since, until))
        if output == STDIN:
            count = write_json_lines(output, (json_line(row, settings.zone) for row in rows))
        else:
            count = write_rows(
                output,
                columns,
                rows,
                types=_types(columns, what),
                zone=settings.zone,
                guard_formulas=guard,
            )
    if as_json and output != STDIN:
        print_json({"what": what.value, "rows": count, "file": str(output)})
    else:
        err.print(escape(f"已导出 {count:,} 行到 {output}"), soft_wrap=True)


def _types(columns: Sequence[str], what: What) -> dict[str, ColumnType]:
    from feedback_nlp.tabular import ColumnType  # noqa: PLC0415

    groups = {
        ColumnType.TIME: _TIMES,
        ColumnType.INTEGER: _INTEGERS,
        ColumnType.NUMBER: _NUMBERS,
        ColumnType.NESTED: _NESTED,
    }
    types = {name: kind for kind, names in groups.items() for name in columns if name in names}
    if what in (What.FEEDBACK, What.TOPICS):
        types["id"] = ColumnType.INTEGER
    return types
