"""The digest as an Excel workbook: two lists to print, the rows behind them, the definitions.

概览, 主题排行 and 待办优先级 are for reading: at most 12 columns, quotes and reasons beside the
name, across on A4, and every number leads to its rows in 观点明细 or 反馈明细.

Texts stay texts whatever they look like (no formulas, no links), ids are texts, times
are real dates in the digest's zone, headings are frozen and filterable. The same rows
give the same bytes.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from feedback_nlp.labels import Intent, ReporterStatus, RequestStatus, label
from feedback_nlp.rank.explain import PART_LABELS, part_labels
from feedback_nlp.report import wording
from feedback_nlp.report.heat import heat_maps
from feedback_nlp.report.workbook_cells import Writer
from feedback_nlp.report.workbook_lists import (
    DATA,
    RANKING,
    backlog_columns,
    ranking_columns,
    write_backlog,
    write_ranking,
)
from feedback_nlp.report.workbook_overview import write_overview
from feedback_nlp.report.workbook_rows import Links, write_feedback, write_units
from feedback_nlp.week.item_records import TopicFigures
from feedback_nlp.week.line_records import FeedbackLine, RequestLine, UnitLine
from feedback_nlp.week.records import WeeklyDigest


def render_workbook(
    digest: WeeklyDigest,
    feedback: Iterable[FeedbackLine],
    requests: Sequence[RequestLine],
    units: Iterable[UnitLine] = (),
) -> bytes:
    """Return the .xlsx file.

    Args:
        digest: The figures.
        feedback: The week's feedback by channel and time; what exceeds a sheet is left out
            and said.
        requests: All requests, by priority.
        units: The units of this week and the last by topic and week: what the numbers of the
            topics lead to.
    """
    import xlsxwriter  # noqa: PLC0415 - slow to load

    target = io.BytesIO()
    book = xlsxwriter.Workbook(
        target,
        {"strings_to_formulas": False, "strings_to_urls": False, "in_memory": True},
    )
    book.set_properties(
        {
            "title": f"用户反馈{digest.span}报 {digest.week}",
            "created": datetime.combine(digest.last_day, time()),
        }
    )
    writer = Writer(book, ZoneInfo(digest.zone))
    overview = writer.printable(book.add_worksheet("概览"))
    ranking = writer.table(RANKING, ranking_columns(digest))
    backlog = writer.table("待办优先级", backlog_columns(digest))
    data = writer.table(DATA, _data_columns(digest))
    _heat_maps(writer, digest)
    links = Links()
    left_out = write_units(writer, digest, units, links)
    left_out += write_feedback(writer, feedback, links)
    write_ranking(writer, ranking, digest, links)
    write_backlog(writer, backlog, digest, links)
    _data(writer, data, digest)
    _requests(writer, requests, wording.people_noun(digest))
    write_overview(writer, overview, digest, links, left_out)
    _definitions(writer, digest)
    book.close()
    return target.getvalue()


def _data(writer: Writer, sheet: Any, digest: WeeklyDigest) -> None:
    columns = _data_columns(digest)
    topics = (*digest.topics, *digest.silent)
    for row, topic in enumerate(topics, start=1):
        writer.row(sheet, row, _data_cells(topic))
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, max(1, len(topics)), len(columns) - 1)


def _data_columns(digest: WeeklyDigest) -> list[tuple[str, int]]:
    """Return headings and widths, in the order of :func:`_data_cells`."""
    span = digest.span
    return [
        ("名次", 6),
        ("主题", 24),
        (f"本{span}条数", 9),
        (f"上{span}条数", 9),
        (f"累计{wording.people_noun(digest)}", 9),
        ("优先级", 8),
        ("区间下限", 9),
        ("区间上限", 9),
        *((f"{name}（0–1）", 9) for name in part_labels(wording.unit(digest)).values()),
        *((week, 9) for week in digest.weeks),
    ]


def _data_cells(topic: TopicFigures) -> list[Any]:
    priority = topic.priority
    return [
        priority.position,
        topic.name,
        topic.feedback.value,
        topic.feedback_last.value,
        topic.people_total.value,
        priority.score,
        priority.low,
        priority.high,
        *(priority.parts.get(name) for name in PART_LABELS),
        *(number.value for number in topic.series),
    ]


def _heat_maps(writer: Writer, digest: WeeklyDigest) -> None:
    """Write topic by week, channel and segment under one another, each coloured by itself."""
    maps = heat_maps(digest, limit=digest.top_count)
    if not maps:
        return
    sheet = writer.printable(writer.book.add_worksheet("热力图"))
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, max(len(shown.columns) for shown in maps), 12)
    sheet.hide_gridlines(2)
    row = 0
    for shown in maps:
        sheet.write_string(row, 0, shown.title, writer.section)
        sheet.write_string(row, 1, shown.caption, writer.text)
        for column, heading in enumerate(("主题", *shown.columns)):
            sheet.write_string(row + 1, column, heading, writer.heading)
        first = row + 2
        for row, ((_, name), numbers) in enumerate(
            zip(shown.topics, shown.people, strict=True), start=first
        ):
            writer.row(sheet, row, [name, *(number.value for number in numbers)])
        sheet.conditional_format(
            first,
            1,
            row,
            len(shown.columns),
            {"type": "2_color_scale", "min_color": "#FFFFFF", "max_color": "#E28B56"},
        )
        row += 3


def _requests(writer: Writer, requests: Sequence[RequestLine], people: str) -> None:
    columns = [
        ("编号", 10),
        ("需求", 30),
        ("类型", 8),
        ("状态", 10),
        ("反馈者看到", 12),
        ("负责人", 10),
        ("产品", 12),
        (people, 8),
        ("优先级", 8),
        ("区间下限", 9),
        ("区间上限", 9),
        ("RICE", 9),
        ("ICE", 9),
        ("工作量（0–1）", 10),
        ("战略（0–1）", 10),
        ("与哪条重复", 12),
        ("更新时间", 17),
    ]
    sheet = writer.table("需求清单", columns)
    for row, line in enumerate(requests, start=1):
        writer.row(
            sheet,
            row,
            [
                line.key,
                line.title,
                label(Intent(line.intent)) if line.intent else None,
                label(RequestStatus(line.status)),
                label(ReporterStatus(line.reporter_status)),
                line.owner,
                line.product,
                line.people_count,
                line.priority,
                line.priority_low,
                line.priority_high,
                line.rice,
                line.ice,
                line.effort,
                line.strategic_weight,
                line.duplicate_of_key,
                line.updated_at,
            ],
        )
    sheet.autofilter(0, 0, max(1, len(requests)), len(columns) - 1)


def _definitions(writer: Writer, digest: WeeklyDigest) -> None:
    sheet = writer.table("口径说明", [("名词", 14), ("含义", 110)])
    rows = [
        *wording.definitions(digest),
        ("时间", f"均为 {digest.zone}；一周从周一零点开始。"),
        ("权重", f"排序权重版本 {digest.weights_version}；@ 后面是权重内容的指纹，改了权重就变。"),
    ]
    for row, values in enumerate(rows, start=1):
        writer.row(sheet, row, values)
