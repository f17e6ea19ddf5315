"""The digest as a message: short lines for a chat, thin data for programs, files for e-mail.

Lines are data, not markup: names of topics and quotes come from feedback, and what makes
them harmless for a channel is its sender's business.
"""

from __future__ import annotations

from collections.abc import Sequence

from feedback_nlp.outlets.records import Attachment, Block, Message
from feedback_nlp.report.data_notes import notes
from feedback_nlp.report.wording import (
    REVIEW_ORDER,
    change,
    delta_steps,
    interval,
    loop_sentences,
    main_channels,
    moved_words,
    movement_label,
    people_phrase,
    period,
    share,
    shorten,
    status_words,
    swing_words,
    unit,
)
from feedback_nlp.week.item_records import OpenRequest
from feedback_nlp.week.records import WeeklyDigest

_LISTED = 6
_REQUESTS = 10
_NOTES = 6


def brief(
    digest: WeeklyDigest,
    *,
    link: str = "",
    html: str = "",
    attachments: Sequence[Attachment] = (),
) -> Message:
    """Return the digest as one message.

    Args:
        digest: What to tell.
        link: Address of our own desk.
        html: The rendered page, for e-mail.
        attachments: Files, for e-mail.
    """
    product = f" · {digest.product}" if digest.product else ""
    return Message(
        title=f"用户反馈{digest.span}报{product} {period(digest)}",
        blocks=tuple(_blocks(digest)),
        link=link,
        event_type="digest.weekly" if digest.span == "周" else "digest.monthly",
        data=_data(digest),
        html=html,
        attachments=attachments,
    )


def _blocks(digest: WeeklyDigest) -> list[Block]:
    total = digest.totals
    blocks = [
        Block(
            "text",
            f"条反馈（{change(total.feedback, total.feedback_last)}）{people_phrase(digest)}，"
            f"负面 {share(total.sentiments['neg'], total.feedback)}。",
            strong=str(total.feedback.value),
        ),
        Block("heading", f"本{digest.span}变化"),
        *(_changes(digest) or [Block("text", "没有超出平时波动的变化。")]),
        Block("heading", f"待办优先级（{len(digest.backlog)} 条未解决）"),
    ]
    top = digest.backlog[: min(_REQUESTS, digest.top_count)]
    blocks += [_request(digest, place, request) for place, request in enumerate(top, start=1)]
    if not digest.backlog:
        blocks.append(Block("text", "没有未解决的需求。"))
    if progress := loop_sentences(digest):
        blocks += [Block("heading", "进展"), *(Block("item", words) for words in progress)]
    remarks = notes(digest)
    blocks.append(Block("heading", "数据说明"))
    blocks += [Block("item", note) for note in remarks[:_NOTES]]
    if len(remarks) > _NOTES:
        blocks.append(Block("text", f"另有 {len(remarks) - _NOTES} 条说明，见周报页面。"))
    return blocks


def _changes(digest: WeeklyDigest) -> list[Block]:
    blocks = []
    for kind in REVIEW_ORDER:
        moved = digest.moved(kind)
        if not moved:
            continue
        words = moved_words(digest, kind, most=_LISTED)
        blocks.append(Block("item", words, strong=movement_label(moved[0], digest)))
        quotes = moved[0].quotes
        if quotes:
            blocks.append(Block("quote", f"{moved[0].name}：{shorten(quotes[0].text)}"))
    if swings := swing_words(digest):
        blocks.append(Block("item", swings, strong="波动内但变化较大"))
    return blocks + [Block("item", words, strong=heading) for heading, words in delta_steps(digest)]


def _request(digest: WeeklyDigest, place: int, request: OpenRequest) -> Block:
    topic = digest.topic(request.topic_id)
    facts = [
        request.key,
        f"优先级 {interval(request)}",
        f"{request.people.value} {unit(digest)}（上{digest.span} {request.people_last.value}）",
        movement_label(request, digest),
        main_channels(topic) if topic else "",
        status_words(request),
    ]
    words = "，".join(fact for fact in facts if fact and fact != "—")
    return Block("item", words, strong=f"{place}. {request.title}")


def _data(digest: WeeklyDigest) -> dict[str, object]:
    """Return what a program needs to fetch the rest; texts of people stay here."""
    return {
        "week": digest.week,
        "product": digest.product,
        "first_day": digest.first_day.isoformat(),
        "last_day": digest.last_day.isoformat(),
        "feedback_count": digest.totals.feedback.value,
        "people_count": digest.totals.people.value,
        "changes": [
            {"topic_id": topic.topic_id, "movement": kind.value, "people": topic.people.value}
            for kind in REVIEW_ORDER
            for topic in digest.moved(kind)[:_LISTED]
        ],
        "requests": [
            {"key": request.key, "priority": request.priority, "people": request.people.value}
            for request in digest.backlog[:_REQUESTS]
        ],
        "details": f"/v1/digests/{digest.week}",
    }
