"""The digest as Markdown for a team chat.

Chat robots know little Markdown: WeCom's plain ``markdown`` has no tables, so there are
none here.

Source: 消息推送 documentation of WeCom (markdown), DingTalk and Feishu.
"""

from __future__ import annotations

import re

from feedback_nlp.labels import Movement, label
from feedback_nlp.report.heat import heat_maps
from feedback_nlp.report.wording import (
    REVIEW_ORDER,
    change,
    delta_steps,
    interval,
    loop_sentences,
    main_channels,
    movement_label,
    notes,
    period,
    rating_sentences,
    request_words,
    segment_sentences,
    share,
    shorten,
    sparkline,
)
from feedback_nlp.week.records import TopicFigures, WeeklyDigest

_SPECIAL = re.compile(r"([\\`*_\[\]<>#|~])")
_LISTED = 6
_LEADERS = 3


def escape(text: str) -> str:
    """Return ``text`` so that Markdown shows it as it is, on one line."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def render_markdown(digest: WeeklyDigest) -> str:
    """Return the message."""
    total = digest.totals
    product = f" · {escape(digest.product)}" if digest.product else ""
    lines = [
        f"# 用户反馈{digest.span}报{product}",
        f"{period(digest)}",
        "",
        f"本{digest.span} **{total.feedback.value}** 条反馈（{change(total.feedback, total.feedback_last)}），"
        f"**{total.people.value}** 人（{change(total.people, total.people_last)}），"
        f"负面 {share(total.sentiments['neg'], total.feedback)}。",
        "",
        "## 变化",
        *(_delta_lines(digest) or ["没有达到阈值的变化。"]),
        "",
        f"## 本{digest.span}要事",
        *(
            line
            for topic in digest.topics[: digest.top_count]
            for line in _topic_lines(topic, digest.span)
        ),
    ]
    if not digest.topics:
        lines.append(f"本{digest.span}没有成形的主题。")
    progress = loop_sentences(digest)
    if progress:
        lines += ["", "## 进展", *(f"- {escape(sentence)}" for sentence in progress)]
    lines += _distribution_lines(digest)
    if digest.praise:
        words = "、".join(f"{escape(item.name)} {item.people.value} 人" for item in digest.praise)
        lines += ["", f"**表扬**：{words}"]
    ratings = rating_sentences(digest)
    if ratings:
        lines += ["", "## 评分", *(f"- {escape(sentence)}" for sentence in ratings)]
    lines += ["", "## 数据说明", *(f"- {escape(note)}" for note in notes(digest))]
    return "\n".join(lines) + "\n"


def _delta_lines(digest: WeeklyDigest) -> list[str]:
    lines = []
    for kind in REVIEW_ORDER:
        moved = digest.moved(kind)
        if not moved:
            continue
        words = "、".join(
            f"{escape(topic.name)}（{topic.people_last.value}→{topic.people.value} 人）"
            if kind is not Movement.NEW
            else f"{escape(topic.name)}（{topic.people.value} 人）"
            for topic in moved[:_LISTED]
        )
        more = f" 等 {len(moved)} 个" if len(moved) > _LISTED else ""
        lines.append(f"- **{label(kind)}**：{words}{more}")
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


def _topic_lines(topic: TopicFigures, span: str) -> list[str]:
    facts = [
        movement_label(topic.movement),
        f"{topic.people.value} 人（上{span} {topic.people_last.value}）",
        sparkline(topic.series),
        f"优先级 {interval(topic)}",
        escape(main_channels(topic)),
        escape(request_words(topic.request)),
    ]
    lines = [
        f"{topic.priority.position}. **{escape(topic.name)}** "
        + "｜".join(fact for fact in facts if fact and fact != "—")
    ]
    lines += [f"   > “{escape(shorten(quote.text))}”" for quote in topic.quotes[:1]]
    return lines
