"""The sheet 概览: totals, movements, channels, ratings, progress, notes, and a chart."""

from __future__ import annotations

from typing import Any

from feedback_nlp.report import data_notes, wording
from feedback_nlp.report.workbook_cells import Writer
from feedback_nlp.report.workbook_lists import RANKING
from feedback_nlp.report.workbook_rows import Links
from feedback_nlp.week.records import WeeklyDigest


def write_overview(
    writer: Writer, sheet: Any, digest: WeeklyDigest, links: Links, left_out: int
) -> None:
    """Fill the first sheet; ``left_out`` lines did not fit into their sheets."""
    total = digest.totals
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 5, 13)
    sheet.set_column(6, 6, 44)
    sheet.set_column(7, 7, 13)
    sheet.hide_gridlines(2)
    product = f" · {digest.product}" if digest.product else ""
    sheet.write_string(0, 0, f"用户反馈{digest.span}报{product}", writer.title)
    sheet.write_string(1, 0, wording.period(digest), writer.text)
    row = 3
    for column, heading in enumerate(("", f"本{digest.span}", f"上{digest.span}", "变化")):
        sheet.write_string(row, column, heading, writer.heading)
    for name, this, last in (
        ("反馈条数", total.feedback, total.feedback_last),
        ("条数（未知作者）" if digest.is_nameless else "人数", total.people, total.people_last),
    ):
        row += 1
        writer.row(sheet, row, [name, None, last.value, wording.change(this, last)])
        writer.linked(sheet, row, 1, this.value, links.feedback())
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
    row = _movements(writer, sheet, digest, links, row + 2)
    row = _channels(writer, sheet, digest, links, row + 1)
    for sentence in [*wording.segment_sentences(digest), *wording.rating_sentences(digest)]:
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
    notes = data_notes.notes(digest)
    if left_out:
        notes.append(f"反馈明细放不下，少列 {left_out} 条；要全部明细，请另行导出反馈。")
    for offset, note in enumerate(notes, start=1):
        sheet.write_string(row + offset, 0, note, writer.text)
    _chart(writer, sheet, digest, row + len(notes) + 2)


def _movements(writer: Writer, sheet: Any, digest: WeeklyDigest, links: Links, row: int) -> int:
    headings = (
        f"本{digest.span}变化的主题",
        "变化",
        f"本{digest.span}",
        f"上{digest.span}",
        "需求",
        "主要渠道",
        "原话",
    )
    for column, heading in enumerate(headings):
        sheet.write_string(row, column, heading, writer.heading)
    for topic in digest.moved(*wording.REVIEW_ORDER):
        row += 1
        cells = [
            topic.name,
            wording.movement_label(topic, digest),
            None,
            None,
            topic.request.key if topic.request else None,
            wording.main_channels(topic),
            wording.shorten(topic.quotes[0].text) if topic.quotes else None,
        ]
        writer.row(sheet, row, cells)
        for back, number in enumerate((topic.people, topic.people_last)):
            rows = links.topics.get((topic.topic_id, back))
            writer.linked(sheet, row, 2 + back, number.value, rows)
    if swings := wording.swing_words(digest):
        row += 1
        sheet.write_string(row, 0, f"波动内但变化较大：{swings}", writer.text)
    for heading, words in wording.delta_steps(digest):
        row += 1
        sheet.write_string(row, 0, f"{heading}：{words}", writer.text)
    for line in wording.similar_lines(digest):
        row += 1
        sheet.write_string(row, 0, f"像是同一件事：{line}", writer.text)
    return row + 1


def _channels(writer: Writer, sheet: Any, digest: WeeklyDigest, links: Links, row: int) -> int:
    headings = (
        "渠道",
        "条数",
        f"上{digest.span}条数",
        wording.people_heading(digest),
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
        writer.row(sheet, row, [channel.channel, None, *(number.value for number in counts[1:])])
        rows = links.channels.get(channel.channel)
        writer.linked(sheet, row, 1, channel.feedback.value, rows)
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


def _chart(writer: Writer, sheet: Any, digest: WeeklyDigest, row: int) -> None:
    rows = min(10, len(digest.topics))
    if rows == 0:
        return
    counted = wording.people_noun(digest)
    chart = writer.book.add_chart({"type": "bar"})
    for column, name, colour in (
        (4, f"上{digest.span}{counted}", "#C9CED6"),
        (3, f"本{digest.span}{counted}", "#B4451F"),
    ):
        chart.add_series(
            {
                "name": name,
                "categories": [RANKING, 1, 1, rows, 1],
                "values": [RANKING, 1, column, rows, column],
                "fill": {"color": colour},
                "gap": 60,
            }
        )
    chart.set_title({"name": f"本{digest.span}要事：提到的{counted}", "name_font": {"size": 12}})
    chart.set_y_axis({"reverse": True})
    chart.set_x_axis({"major_gridlines": {"visible": False}})
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": 620, "height": 90 + 36 * rows})
    sheet.insert_chart(row, 0, chart)
