"""The digest as Markdown for a team chat.

Chat robots take little: WeCom 4,096 bytes, DingTalk and Feishu about 20 kB, and WeCom's
plain ``markdown`` knows no tables. So there are no tables, and a limit in UTF-8 bytes
drops quotes first and then the end of the ranking, never the changes.

Source: 消息推送 documentation of WeCom (markdown, 4096 bytes), DingTalk and Feishu.
"""

from __future__ import annotations

import re

from feedback_nlp.report.data_notes import notes
from feedback_nlp.report.heat import heat_maps
from feedback_nlp.report.wording import (
    REVIEW_ORDER,
    change,
    delta_steps,
    doubtful_lines,
    interval,
    loop_sentences,
    main_channels,
    moved_words,
    movement_label,
    people_phrase,
    period,
    rating_sentences,
    segment_sentences,
    share,
    shorten,
    similar_lines,
    sparkline,
    status_words,
    swing_words,
    unit,
)
from feedback_nlp.week.item_records import OpenRequest
from feedback_nlp.week.records import WeeklyDigest

#: Bytes that one message of WeCom's robot holds.
WECOM_MAX_BYTES = 4_096

_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~])")
_LINK = re.compile(
    r"(?:[a-z][a-z0-9+.-]{1,15}://|www\.|mailto:)[^\s<>，。；、！？（）【】《》“”‘’]+"
    r"|(?<![\w.@-])(?:[a-z0-9-]{1,63}\.){1,6}[a-z]{2,24}/[^\s<>，。；、！？（）【】《》“”‘’]*",
    re.IGNORECASE | re.ASCII,
)
_LISTED = 6
_QUOTED = 2
_LEADERS = 3


def render_markdown(digest: WeeklyDigest, *, max_bytes: int | None = None) -> str:
    """Return the message.

    Args:
        digest: What to show.
        max_bytes: Longest message in UTF-8 bytes; ``None`` for no limit. The smallest
            form (changes and three topics) is returned even if it is longer.
    """
    variants = [(digest.top_count, 1), (digest.top_count, 0), (10, 0), (5, 0), (3, 0)]
    text = ""
    for top_count, quotes in variants:
        text = _render(digest, min(top_count, digest.top_count), quotes)
        if max_bytes is None or len(text.encode()) <= max_bytes:
            break
    return text


def escape(text: str) -> str:
    """Return ``text`` so that Markdown shows it as it is, on one line, without its links.

    A link that somebody wrote into a feedback is theirs: a chat would make it one to click on.
    """
    text = _LINK.sub("〔链接〕", text)
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def _render(digest: WeeklyDigest, top_count: int, quotes: int) -> str:
    total = digest.totals
    product = f" · {escape(digest.product)}" if digest.product else ""
    lines = [
        f"# 用户反馈{digest.span}报{product}",
        f"{period(digest)}",
        "",
        f"本{digest.span} **{total.feedback.value}** 条反馈（{change(total.feedback, total.feedback_last)}）"
        f"{people_phrase(digest)}，"
        f"负面 {share(total.sentiments['neg'], total.feedback)}。",
        "",
        f"## 本{digest.span}变化",
        *(_delta_lines(digest, quotes) or ["没有超出平时波动的变化。"]),
        "",
        f"## 待办优先级（{len(digest.backlog)} 条未解决）",
        *(
            line
            for place, request in enumerate(digest.backlog[:top_count], start=1)
            for line in _request_lines(digest, place, request, quotes)
        ),
    ]
    if not digest.backlog:
        lines.append("没有未解决的需求。")
    if digest.similar and quotes:
        lines += ["", "## 像是同一件事（合并与否由人定）"]
        lines += [f"- {escape(line)}" for line in similar_lines(digest)]
    progress = loop_sentences(digest)
    if progress:
        lines += ["", "## 进展", *(f"- {escape(sentence)}" for sentence in progress)]
    if quotes:
        lines += _distribution_lines(digest)
    if digest.praise:
        words = "、".join(
            f"{escape(item.name)} {item.people.value} {unit(digest)}" for item in digest.praise
        )
        lines += ["", f"**表扬**：{words}"]
    if digest.doubtful_count.value:
        lines += ["", f"## 待核对（星级与文字相反，{digest.doubtful_count.value} 条，不算表扬）"]
        lines += [f"- {escape(line)}" for line in doubtful_lines(digest)[: quotes * 5]]
    ratings = rating_sentences(digest)
    if ratings:
        lines += ["", "## 评分", *(f"- {escape(sentence)}" for sentence in ratings)]
    lines += ["", "## 数据说明", *(f"- {escape(note)}" for note in notes(digest))]
    return "\n".join(lines) + "\n"


def _delta_lines(digest: WeeklyDigest, quotes: int) -> list[str]:
    lines = []
    for kind in REVIEW_ORDER:
        moved = digest.moved(kind)
        if not moved:
            continue
        words = escape(moved_words(digest, kind, most=_LISTED))
        lines.append(f"- **{movement_label(moved[0], digest)}**：{words}")
        lines += [
            f"  > {escape(topic.name)}：“{escape(shorten(quote.text))}”"
            for topic in moved[:_QUOTED]
            for quote in topic.quotes[:quotes]
        ]
    if swings := swing_words(digest):
        lines.append(f"- 波动内但变化较大：{escape(swings)}")
    return lines + [f"- **{heading}**：{escape(words)}" for heading, words in delta_steps(digest)]


def _distribution_lines(digest: WeeklyDigest) -> list[str]:
    """Return who speaks of what: the heat maps without their small cells, one line a column."""
    people = dict(
        zip((item.segment for item in digest.segments), segment_sentences(digest), strict=True)
    )
    lines = []
    for shown in heat_maps(digest):
        if shown.key == "week":
            continue  # the small charts of the ranking tell it
        lines += ["", f"## {shown.title}"]
        for index, column in enumerate(shown.columns):
            words = "、".join(
                f"{escape(name)} {number.value}" for name, number in shown.leaders(index, _LEADERS)
            )
            head = people.get(column, column) if shown.key == "segment" else column
            lines.append(f"- {escape(head)}｜{words or '前几名里没有人提到'}")
    return lines


def _request_lines(
    digest: WeeklyDigest, place: int, request: OpenRequest, quotes: int
) -> list[str]:
    topic = digest.topic(request.topic_id)
    last = f"上{digest.span} {request.people_last.value}"
    facts = [
        request.key,
        f"优先级 {interval(request)}",
        f"{request.people.value} {unit(digest)}（{last}）",
        movement_label(request, digest),
        sparkline(request.series) if quotes else "",
        escape(main_channels(topic)) if topic else "",
        escape(status_words(request)),
    ]
    words = "｜".join(fact for fact in facts if fact and fact != "—")
    lines = [f"{place}. **{escape(request.title)}** {words}"]
    if topic:
        lines += [f"   > “{escape(shorten(quote.text))}”" for quote in topic.quotes[:quotes]]
    return lines
