"""A request as a card of Markdown, to be pasted into Jira, TAPD, 禅道 or GitHub.

What people said is quoted, never interpreted: markup in it, links and mentions included,
reaches the tracker as plain characters.
"""

from __future__ import annotations

import re
from zoneinfo import ZoneInfo

from feedback_nlp.labels import Intent, RequestStatus, label
from feedback_nlp.requests.reading import RequestRow

# Whatever begins markup inside a line, and HTML, which Markdown lets through.
_MARKUP = re.compile(r"([\\`*_{}\[\]~|<>&])")
# What trackers find by themselves, after Markdown has taken its backslashes away: mentions,
# numbers of issues, links. An invisible space parts them.
_CALL = re.compile(r"([@＠#])(?=\S)|\b((?:https?|ftp)(?=://)|www(?=\.))", re.IGNORECASE)
_SPACE = "\u200b"


def markdown_card(row: RequestRow, *, zone: ZoneInfo, people: str) -> str:
    """Return a card with a heading, the facts, the figures and a few quotes.

    Args:
        row: The request with its counts and quotes.
        zone: In which the days of the quotes are told.
        people: What people are counted in, ``人`` or ``条``.
    """
    request = row.request
    facts = [
        ("类型", label(Intent(request.intent)) if request.intent else None),
        ("状态", label(RequestStatus(request.status))),
        ("产品", request.product),
        ("负责人", request.owner),
        ("计划版本", request.target_release),
        ("截止日", request.due and request.due.isoformat()),
        ("标签", "、".join(request.labels) or None),
        ("多少人", _how_many(row, people)),
        ("优先级", _priority(row)),
    ]
    lines = [f"## {request.key} {plain(request.title)}", ""]
    lines += [f"- {name}：{plain(str(value))}" for name, value in facts if value]
    if request.tracker_url:
        lines.append(f"- 任务：<{request.tracker_url}>")
    if row.quotes:
        lines += ["", "用户怎么说：", ""]
        for quote in row.quotes:
            day = quote.occurred_at.astimezone(zone)
            said = plain(" ".join(quote.text.split()))
            lines.append(f"> {said}（{plain(quote.shown_channel)}，{day:%Y-%m-%d}）")
            lines.append(">")
        lines.pop()
    return "\n".join(lines) + "\n"


def _how_many(row: RequestRow, people: str) -> str:
    if people == "条":
        return f"作者未知，{row.counts.people} 条反馈提到，{row.counts.units} 句原话"
    return f"{row.counts.people} 人提到，{row.counts.units} 条原话"


def plain(text: str) -> str:
    """Return a text that Markdown shows as it is written, on one line."""
    escaped = _MARKUP.sub(r"\\\1", " ".join(text.split()))
    return _CALL.sub(lambda found: found[0] + _SPACE, escaped)


def _priority(row: RequestRow) -> str | None:
    if row.request.priority is None:
        return None
    return f"{row.request.priority:.0f}（{row.low:.0f}–{row.high:.0f}，满分 100）"
