"""The sheets 主题排行 and 待办优先级: made to be read and printed, at most 12 columns each."""

from __future__ import annotations

from typing import Any

from feedback_nlp.labels import RequestStatus, label
from feedback_nlp.rank.explain import PART_LABELS
from feedback_nlp.report import wording
from feedback_nlp.report.workbook_cells import Writer
from feedback_nlp.report.workbook_rows import Links
from feedback_nlp.week.item_records import OpenRequest, TopicFigures
from feedback_nlp.week.records import WeeklyDigest

RANKING, DATA, _TREND = "主题排行", "主题数据", "走势"
_QUOTES = 2
#: Columns of 主题数据 before its series, see ``workbook._data_columns``.
_BEFORE_SERIES = 8 + len(PART_LABELS)


def ranking_columns(digest: WeeklyDigest) -> list[tuple[str, int]]:
    """Return headings and widths."""
    span, people = digest.span, wording.people_noun(digest)
    return [
        ("名次", 6),
        ("主题", 22),
        ("变化", 13),
        (f"本{span}{people}", 9),
        (f"上{span}{people}", 9),
        (_TREND, 14),
        ("原话", 44),
        ("为什么在这里", 50),
        ("主要渠道", 20),
        ("需求", 9),
        ("状态", 9),
        ("负责人", 9),
    ]


def write_ranking(writer: Writer, sheet: Any, digest: WeeklyDigest, links: Links) -> None:
    """Write the topics of this week by rank, then those that only last week had."""
    topics = (*digest.topics, *digest.silent)
    for row, topic in enumerate(topics, start=1):
        request = topic.request
        cells = [
            topic.priority.position,
            topic.name,
            wording.movement_label(topic, digest),
            None,
            None,
            None,
            _quotes(topic),
            topic.why,
            wording.main_channels(topic, 3),
            request.key if request else None,
            label(RequestStatus(request.status)) if request else None,
            request.owner if request else None,
        ]
        writer.row(sheet, row, cells)
        _counts(writer, sheet, row, 3, topic, topic.topic_id, links)
        _sparkline(sheet, row, 5, row, len(digest.weeks))
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, max(1, len(topics)), len(ranking_columns(digest)) - 1)


def backlog_columns(digest: WeeklyDigest) -> list[tuple[str, int]]:
    """Return headings and widths."""
    span, people = digest.span, wording.people_noun(digest)
    return [
        ("名次", 6),
        ("需求", 22),
        ("编号", 9),
        ("优先级", 13),
        (f"本{span}{people}", 9),
        (f"上{span}{people}", 9),
        ("累计", 8),
        ("变化", 13),
        ("原话", 44),
        ("为什么在这里", 50),
        ("状态", 9),
        ("负责人", 9),
    ]


def write_backlog(writer: Writer, sheet: Any, digest: WeeklyDigest, links: Links) -> None:
    """Write the open requests by priority."""
    for row, request in enumerate(digest.backlog, start=1):
        topic = digest.topic(request.topic_id)
        cells = [
            row,
            request.title,
            request.key,
            wording.interval(request),
            None,
            None,
            request.people_total.value,
            wording.movement_label(request, digest),
            _quotes(topic) if topic else None,
            request.why,
            label(RequestStatus(request.status)),
            request.owner,
        ]
        writer.row(sheet, row, cells)
        _counts(writer, sheet, row, 4, request, request.topic_id, links)
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, max(1, len(digest.backlog)), len(backlog_columns(digest)) - 1)


def _counts(
    writer: Writer,
    sheet: Any,
    row: int,
    column: int,
    item: TopicFigures | OpenRequest,
    topic_id: int | None,
    links: Links,
) -> None:
    """Write this week's and last week's people, each leading to its rows."""
    for back, number in enumerate((item.people, item.people_last)):
        rows = links.topics.get((topic_id, back))
        writer.linked(sheet, row, column + back, number.value, rows)


def _quotes(topic: TopicFigures) -> str:
    return "\n".join(f"“{wording.shorten(quote.text)}”" for quote in topic.quotes[:_QUOTES])


def _sparkline(sheet: Any, row: int, column: int, data_row: int, weeks: int) -> None:
    from xlsxwriter.utility import xl_rowcol_to_cell  # noqa: PLC0415

    first = xl_rowcol_to_cell(data_row, _BEFORE_SERIES)
    last = xl_rowcol_to_cell(data_row, _BEFORE_SERIES + weeks - 1)
    sheet.add_sparkline(
        row,
        column,
        {
            "range": [f"'{DATA}'!{first}:{last}"],
            "type": "column",
            "last_point": True,
            "series_color": "#C9CED6",
            "last_color": "#B4451F",
        },
    )
