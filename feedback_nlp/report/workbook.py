"""The digest as an Excel workbook: 概览, 主题排行, 反馈明细, 需求清单, 口径说明.

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

import xlsxwriter
from xlsxwriter.utility import xl_rowcol_to_cell

from feedback_nlp.labels import Intent, ReporterStatus, RequestStatus, label
from feedback_nlp.rank.explain import PART_LABELS
from feedback_nlp.report import wording
from feedback_nlp.report.digest import FeedbackLine, RequestLine, WeeklyDigest

#: Rows below the heading that one Excel sheet holds.
MAX_ROWS = 1_048_575
_MAX_CELL_CHARS = 32_767
_QUOTES = 3


def render_workbook(
    digest: WeeklyDigest, feedback: Iterable[FeedbackLine], requests: Sequence[RequestLine]
) -> bytes:
    """Return the .xlsx file.

    Args:
        digest: The figures.
        feedback: The week's feedback in time order; what exceeds a sheet is left out and said.
        requests: All requests, by priority.
    """
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
    writer = _Writer(book, ZoneInfo(digest.zone))
    overview = book.add_worksheet("概览")
    _topics(writer, digest)
    left_out = _feedback(writer, feedback)
    _requests(writer, requests)
    _overview(writer, overview, digest, left_out)
    _definitions(writer, digest)
    book.close()
    return target.getvalue()


class _Writer:
    """Cell formats, and tables with a frozen, filterable heading."""

    def __init__(self, book: Any, zone: ZoneInfo) -> None:
        base = {"font_name": "Microsoft YaHei", "font_size": 10, "valign": "top"}
        self.book = book
        self.zone = zone
        self.text = book.add_format(base)
        self.wrapped = book.add_format({**base, "text_wrap": True})
        self.heading = book.add_format(
            {**base, "bold": True, "bg_color": "#F3E4DB", "bottom": 1, "text_wrap": True}
        )
        self.title = book.add_format({**base, "bold": True, "font_size": 16})
        self.section = book.add_format({**base, "bold": True, "font_size": 12})
        self.time = book.add_format({**base, "num_format": "yyyy-mm-dd hh:mm"})
        self.share = book.add_format({**base, "num_format": "0%"})

    def table(self, name: str, columns: Sequence[tuple[str, int]]) -> Any:
        """Add a sheet with its heading row; columns are (heading, width in characters)."""
        sheet = self.book.add_worksheet(name)
        for index, (heading, width) in enumerate(columns):
            sheet.set_column(index, index, width)
            sheet.write_string(0, index, heading, self.heading)
        sheet.freeze_panes(1, 0)
        return sheet

    def row(self, sheet: Any, row: int, values: Sequence[Any]) -> None:
        """Write one row by the types of its values."""
        for index, value in enumerate(values):
            self.cell(sheet, row, index, value)

    def cell(self, sheet: Any, row: int, column: int, value: Any) -> None:
        """Write one value: text as text, numbers as numbers, times in the zone."""
        if value is None:
            return
        if isinstance(value, datetime):
            local = value.astimezone(self.zone).replace(tzinfo=None)
            sheet.write_datetime(row, column, local, self.time)
        elif isinstance(value, bool):
            sheet.write_string(row, column, "是" if value else "", self.text)
        elif isinstance(value, (int, float)):
            sheet.write_number(row, column, value, self.text)
        else:
            text = str(value)
            if len(text) > _MAX_CELL_CHARS:
                text = text[: _MAX_CELL_CHARS - 1] + "…"
            style = self.wrapped if len(text) > 24 else self.text
            sheet.write_string(row, column, text, style)


def _topics(writer: _Writer, digest: WeeklyDigest) -> None:
    span = digest.span
    fixed = [
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
        ("走势", 16),
        *((week, 9) for week in digest.weeks),
        ("主要渠道", 22),
        ("需求", 10),
        ("状态", 10),
        ("负责人", 10),
        *((f"原话 {number}", 36) for number in range(1, _QUOTES + 1)),
        ("为什么在这里", 60),
    ]
    sheet = writer.table("主题排行", fixed)
    trend = next(index for index, (name, _) in enumerate(fixed) if name == "走势")
    for row, topic in enumerate(digest.topics, start=1):
        priority, request = topic.priority, topic.request
        quotes = [quote.text for quote in topic.quotes[:_QUOTES]]
        writer.row(
            sheet,
            row,
            [
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
                None,
                *(number.value for number in topic.series),
                wording.main_channels(topic, 5),
                request.key if request else None,
                label(RequestStatus(request.status)) if request else None,
                request.owner if request else None,
                *quotes,
                *[None] * (_QUOTES - len(quotes)),
                topic.why,
            ],
        )
        weeks = len(digest.weeks)
        sheet.add_sparkline(
            row,
            trend,
            {
                "range": [_range("主题排行", row, trend + 1, trend + weeks)],
                "type": "column",
                "last_point": True,
                "series_color": "#C9CED6",
                "last_color": "#B4451F",
            },
        )
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, max(1, len(digest.topics)), len(fixed) - 1)


def _range(sheet: str, row: int, first: int, last: int) -> str:
    return f"'{sheet}'!{xl_rowcol_to_cell(row, first)}:{xl_rowcol_to_cell(row, last)}"


def _feedback(writer: _Writer, feedback: Iterable[FeedbackLine]) -> int:
    """Write the week's feedback; return how many lines did not fit."""
    columns = [
        ("编号", 10),
        ("时间", 17),
        ("渠道", 12),
        ("产品", 12),
        ("版本", 10),
        ("地区", 10),
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


def _requests(writer: _Writer, requests: Sequence[RequestLine]) -> None:
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
                line.effort,
                line.strategic_weight,
                line.duplicate_of_key,
                line.updated_at,
            ],
        )
    sheet.autofilter(0, 0, max(1, len(requests)), len(columns) - 1)


def _overview(writer: _Writer, sheet: Any, digest: WeeklyDigest, left_out: int) -> None:
    total = digest.totals
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 7, 13)
    sheet.hide_gridlines(2)
    product = f" · {digest.product}" if digest.product else ""
    sheet.write_string(0, 0, f"用户反馈{digest.span}报{product}", writer.title)
    sheet.write_string(1, 0, wording.period(digest), writer.text)
    row = 3
    for column, heading in enumerate(("", f"本{digest.span}", f"上{digest.span}", "变化")):
        sheet.write_string(row, column, heading, writer.heading)
    for name, this, last in (
        ("反馈条数", total.feedback, total.feedback_last),
        ("人数", total.people, total.people_last),
    ):
        row += 1
        values = [name, this.value, last.value, wording.change(this, last)]
        writer.row(sheet, row, values)
    shares = (
        ("负面", total.sentiments["neg"], total.feedback),
        ("正面", total.sentiments["pos"], total.feedback),
        ("未归类", total.unassigned_units, total.problem_units),
    )
    for name, part, whole in shares:
        row += 1
        writer.cell(sheet, row, 0, f"{name}占比")
        if whole.value:
            sheet.write_number(row, 1, part.value / whole.value, writer.share)
    row = _movements(writer, sheet, digest, row + 2)
    row = _channels(writer, sheet, digest, row + 1)
    for sentence in wording.rating_sentences(digest):
        sheet.write_string(row, 0, sentence, writer.text)
        row += 1
    progress = wording.loop_sentences(digest)
    if progress:
        row += 1
        sheet.write_string(row, 0, "进展", writer.section)
        for sentence in progress:
            row += 1
            sheet.write_string(row, 0, sentence, writer.text)
        row += 1
    row += 1
    sheet.write_string(row, 0, "数据说明", writer.section)
    notes = wording.notes(digest)
    if left_out:
        notes.append(f"反馈明细放不下，少列 {left_out} 条；完整数据请用 feedback-nlp export。")
    for offset, note in enumerate(notes, start=1):
        sheet.write_string(row + offset, 0, note, writer.text)
    _chart(writer, sheet, digest)


def _movements(writer: _Writer, sheet: Any, digest: WeeklyDigest, row: int) -> int:
    headings = ("变化的主题", "变化", f"上{digest.span}人数", f"本{digest.span}人数")
    for column, heading in enumerate(headings):
        sheet.write_string(row, column, heading, writer.heading)
    for kind in wording.REVIEW_ORDER:
        for topic in digest.moved(kind):
            row += 1
            people = (topic.people_last.value, topic.people.value)
            writer.row(sheet, row, [topic.name, label(kind), *people])
    return row + 1


def _channels(writer: _Writer, sheet: Any, digest: WeeklyDigest, row: int) -> int:
    headings = (
        "渠道",
        "条数",
        f"上{digest.span}条数",
        "人数",
        "负面占比",
        "说到问题的观点",
        "重复",
        "广告",
    )
    for column, heading in enumerate(headings):
        sheet.write_string(row, column, heading, writer.heading)
    for channel in digest.channels:
        row += 1
        counts = (channel.feedback, channel.feedback_last, channel.people)
        writer.row(sheet, row, [channel.channel, *(number.value for number in counts)])
        parts = (
            (channel.sentiments["neg"], channel.feedback),
            (channel.problem_units, channel.units),
        )
        for column, (part, whole) in enumerate(parts, start=4):
            if whole.value:
                sheet.write_number(row, column, part.value / whole.value, writer.share)
        writer.cell(sheet, row, 6, channel.copies.value)
        writer.cell(sheet, row, 7, channel.spam.value)
    return row + 2


def _chart(writer: _Writer, sheet: Any, digest: WeeklyDigest) -> None:
    rows = min(10, len(digest.topics))
    if rows == 0:
        return
    chart = writer.book.add_chart({"type": "bar"})
    for column, name, colour in (
        (4, f"上{digest.span}人数", "#C9CED6"),
        (3, f"本{digest.span}人数", "#B4451F"),
    ):
        chart.add_series(
            {
                "name": name,
                "categories": ["主题排行", 1, 1, rows, 1],
                "values": ["主题排行", 1, column, rows, column],
                "fill": {"color": colour},
                "gap": 60,
            }
        )
    chart.set_title({"name": f"本{digest.span}要事：提到的人数", "name_font": {"size": 12}})
    chart.set_y_axis({"reverse": True})
    chart.set_x_axis({"major_gridlines": {"visible": False}})
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": 620, "height": 90 + 36 * rows})
    sheet.insert_chart(3, 9, chart)


def _definitions(writer: _Writer, digest: WeeklyDigest) -> None:
    sheet = writer.table("口径说明", [("名词", 14), ("含义", 110)])
    rows = [
        *wording.definitions(digest),
        ("时间", f"均为 {digest.zone}；一周从周一零点开始。"),
        ("权重", f"排序权重第 {digest.weights_version} 版。"),
    ]
    for row, values in enumerate(rows, start=1):
        writer.row(sheet, row, values)
