"""The digest as an Excel workbook: 概览, 主题排行, 热力图, 反馈明细, 需求清单, 口径说明.

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
from feedback_nlp.rank.explain import PART_LABELS
from feedback_nlp.report import wording
from feedback_nlp.report.heat import heat_maps
from feedback_nlp.report.workbook_cells import Writer
from feedback_nlp.report.workbook_overview import write_overview
from feedback_nlp.week.line_records import FeedbackLine, RequestLine
from feedback_nlp.week.records import TopicFigures, WeeklyDigest

#: Rows below the heading that one Excel sheet holds.
MAX_ROWS = 1_048_575
_QUOTES = 3
_RANKING, _TREND = "主题排行", "走势"


def render_workbook(
    digest: WeeklyDigest, feedback: Iterable[FeedbackLine], requests: Sequence[RequestLine]
) -> bytes:
    """Return the .xlsx file.

    Args:
        digest: The figures.
        feedback: The week's feedback in time order; what exceeds a sheet is left out and said.
        requests: All requests, by priority.
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
    overview = book.add_worksheet("概览")
    _topics(writer, digest)
    _heat_maps(writer, digest)
    left_out = _feedback(writer, feedback)
    _requests(writer, requests)
    write_overview(writer, overview, digest, left_out)
    _definitions(writer, digest)
    book.close()
    return target.getvalue()


def _topics(writer: Writer, digest: WeeklyDigest) -> None:
    columns = _topic_columns(digest)
    sheet = writer.table(_RANKING, columns)
    trend = next(index for index, (name, _) in enumerate(columns) if name == _TREND)
    for row, topic in enumerate(digest.topics, start=1):
        writer.row(sheet, row, _topic_cells(topic))
        weeks = _range(_RANKING, row, trend + 1, trend + len(digest.weeks))
        sheet.add_sparkline(
            row,
            trend,
            {
                "range": [weeks],
                "type": "column",
                "last_point": True,
                "series_color": "#C9CED6",
                "last_color": "#B4451F",
            },
        )
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, max(1, len(digest.topics)), len(columns) - 1)


def _topic_columns(digest: WeeklyDigest) -> list[tuple[str, int]]:
    """Return headings and widths, in the order of :func:`_topic_cells`."""
    span = digest.span
    return [
        ("名次", 6),
        ("主题", 24),
        ("变化", 8),
        (f"本{span}人数", 9),
        (f"上{span}人数", 9),
        (f"本{span}条数", 9),
        (f"上{span}条数", 9),
        ("累计人数", 9),
        ("优先级", 8),
        ("区间下限", 9),
        ("区间上限", 9),
        *((f"{name}（0–1）", 9) for name in PART_LABELS.values()),
        (_TREND, 16),
        *((week, 9) for week in digest.weeks),
        ("主要渠道", 22),
        ("需求", 10),
        ("状态", 10),
        ("负责人", 10),
        *((f"原话 {number}", 36) for number in range(1, _QUOTES + 1)),
        ("为什么在这里", 60),
    ]


def _topic_cells(topic: TopicFigures) -> list[Any]:
    priority, request = topic.priority, topic.request
    quotes = [quote.text for quote in topic.quotes[:_QUOTES]]
    return [
        priority.position,
        topic.name,
        wording.movement_label(topic.movement),
        topic.people.value,
        topic.people_last.value,
        topic.feedback.value,
        topic.feedback_last.value,
        topic.people_total.value,
        priority.score,
        priority.low,
        priority.high,
        *(priority.parts.get(name) for name in PART_LABELS),
        None,  # the sparkline
        *(number.value for number in topic.series),
        wording.main_channels(topic, 5),
        request.key if request else None,
        label(RequestStatus(request.status)) if request else None,
        request.owner if request else None,
        *quotes,
        *[None] * (_QUOTES - len(quotes)),
        topic.why,
    ]


def _range(sheet: str, row: int, first: int, last: int) -> str:
    from xlsxwriter.utility import xl_rowcol_to_cell  # noqa: PLC0415

    return f"'{sheet}'!{xl_rowcol_to_cell(row, first)}:{xl_rowcol_to_cell(row, last)}"


def _heat_maps(writer: Writer, digest: WeeklyDigest) -> None:
    """Write topic by week, channel and segment under one another, each coloured by itself."""
    maps = heat_maps(digest, limit=digest.top_count)
    if not maps:
        return
    sheet = writer.book.add_worksheet("热力图")
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


def _feedback(writer: Writer, feedback: Iterable[FeedbackLine]) -> int:
    """Write the week's feedback; return how many lines did not fit."""
    columns = [
        ("编号", 10),
        ("时间", 17),
        ("渠道", 12),
        ("产品", 12),
        ("版本", 10),
        ("地区", 10),
        ("用户类型", 10),
        ("评分", 6),
        ("原文", 70),
        ("情感", 10),
        ("意图", 8),
        ("主题", 30),
        ("刷屏", 6),
        ("广告", 6),
        ("重复", 6),
    ]
    sheet = writer.table("反馈明细", columns)
    row = left_out = 0
    for line in feedback:
        if row == MAX_ROWS:
            left_out += 1
            continue
        row += 1
        writer.row(
            sheet,
            row,
            [
                str(line.feedback_id),
                line.occurred_at,
                line.channel,
                line.product,
                line.app_version,
                line.region,
                line.segment,
                line.rating,
                line.text,
                wording.sentiment_label(line.sentiment) if line.sentiment else None,
                label(Intent(line.intent)) if line.intent else None,
                "、".join(line.topics),
                line.is_burst,
                line.is_spam,
                line.is_copy,
            ],
        )
    sheet.autofilter(0, 0, max(1, row), len(columns) - 1)
    return left_out


def _requests(writer: Writer, requests: Sequence[RequestLine]) -> None:
    columns = [
        ("编号", 10),
        ("需求", 30),
        ("类型", 8),
        ("状态", 10),
        ("反馈者看到", 12),
        ("负责人", 10),
        ("产品", 12),
        ("人数", 8),
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
