"""The sheets 观点明细 and 反馈明细: the rows that the numbers of the other sheets lead to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from feedback_nlp.labels import Intent, label
from feedback_nlp.report import wording
from feedback_nlp.report.workbook_cells import Rows, Writer, extended
from feedback_nlp.week.line_records import FeedbackLine, UnitLine
from feedback_nlp.week.records import WeeklyDigest

#: Rows below the heading that one Excel sheet holds.
MAX_ROWS = 1_048_575
_UNITS, _FEEDBACK = "观点明细", "反馈明细"


@dataclass
class Links:
    """Where the rows behind a number stand.

    Attributes:
        topics: By (topic, weeks ago).
        channels: By channel.
    """

    topics: dict[tuple[int | None, int], Rows] = field(default_factory=dict)
    channels: dict[str, Rows] = field(default_factory=dict)

    def feedback(self) -> Rows | None:
        """Return all rows of the week's feedback."""
        blocks = list(self.channels.values())
        return Rows(_FEEDBACK, blocks[0].first, blocks[-1].last) if blocks else None


def write_units(
    writer: Writer, digest: WeeklyDigest, units: Iterable[UnitLine], links: Links
) -> int:
    """Write the units of this week and the last; return how many lines did not fit."""
    columns = [
        ("主题", 24),
        (digest.span, 8),
        ("时间", 17),
        ("渠道", 12),
        ("评分", 6),
        ("原话", 70),
        ("情感", 10),
        ("意图", 8),
        ("反馈编号", 10),
    ]
    sheet = writer.table(_UNITS, columns)
    row = left_out = 0
    for line in units:
        if row == MAX_ROWS:
            left_out += 1
            continue
        row += 1
        extended(links.topics, (line.topic_id, line.weeks_ago), _UNITS, row)
        writer.row(
            sheet,
            row,
            [
                line.topic,
                f"{'上' if line.weeks_ago else '本'}{digest.span}",
                line.occurred_at,
                line.channel,
                line.rating,
                line.text,
                wording.sentiment_label(line.sentiment),
                label(Intent(line.intent)),
                str(line.feedback_id),
            ],
        )
    sheet.autofilter(0, 0, max(1, row), len(columns) - 1)
    return left_out


def write_feedback(writer: Writer, feedback: Iterable[FeedbackLine], links: Links) -> int:
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
    sheet = writer.table(_FEEDBACK, columns)
    row = left_out = 0
    for line in feedback:
        if row == MAX_ROWS:
            left_out += 1
            continue
        row += 1
        extended(links.channels, line.channel, _FEEDBACK, row)
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
