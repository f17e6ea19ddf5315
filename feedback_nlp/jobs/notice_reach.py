"""Who of those that are owed a notice can be told, through which outlet, and why others cannot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import select
from sqlmodel import Session, col

from feedback_nlp.labels import NoticeStatus
from feedback_nlp.outlets.config import Outlets
from feedback_nlp.outlets.records import CHANNEL_WORDS, Channel
from feedback_nlp.requests.evidence import id_of
from feedback_nlp.requests.notice_list import refusals
from feedback_nlp.requests.notice_words import NoticeSettings
from feedback_nlp.store.contacts import reachable
from feedback_nlp.store.outbox_pace import stopped
from feedback_nlp.store.tables import (
    Evidence,
    FeatureRequest,
    Feedback,
    FeedbackUnit,
    Notice,
    Source,
)

REFUSED = "对方已退订"
NO_ADDRESS = "没有留下能用的邮箱"
_MASKED = "编号已脱敏，来源认不出这个人"
#: Channels that speak to one person.
PERSONAL = (Channel.WEBHOOK, Channel.EMAIL)
_OPEN = (NoticeStatus.PENDING.value, NoticeStatus.UNREACHABLE.value)


class Post(NamedTuple):
    """What a message needs to know of one feedback: of thousands of people, not their texts."""

    id: int
    source_id: int
    source_key: str
    author_key: str | None
    product: str | None
    occurred_at: datetime


_POST = tuple(col(getattr(Feedback, name)) for name in Post._fields)


@dataclass(frozen=True, slots=True)
class Reach:
    """Whether one person can be told.

    Attributes:
        notice: What is owed.
        feedback: What the person said, as their source knows it.
        outlet: Through which outlet; ``None`` if they cannot be reached.
        why_not: In Chinese, for people; empty if they can be.
    """

    notice: Notice
    feedback: Post
    outlet: str | None
    why_not: str = ""


def reaches_of(
    session: Session, request: FeatureRequest, settings: NoticeSettings, outlets: Outlets
) -> list[Reach]:
    """Return for each person who is owed the present status whether they can be told."""
    owed = select(Notice).where(
        col(Notice.request_id) == id_of(request),
        col(Notice.reporter_status) == request.reporter_status,
        col(Notice.status).in_(_OPEN),
    )
    notices = session.scalars(owed.order_by(col(Notice.id))).all()
    if not notices:  # else all that was ever said of the request is read for nobody
        return []
    said: dict[str | None, list[tuple[Post, str]]] = {}
    statement = (
        select(*_POST, col(Source.name))
        .join(Source, col(Source.id) == col(Feedback.source_id))
        .join(FeedbackUnit, col(FeedbackUnit.feedback_id) == col(Feedback.id))
        .join(Evidence, col(Evidence.unit_id) == col(FeedbackUnit.id))
        .where(col(Evidence.request_id) == id_of(request), col(Feedback.author_key).is_not(None))
        .order_by(col(Feedback.occurred_at).desc(), col(Feedback.id).desc())
    )
    for *post, source in session.execute(statement):
        feedback = Post(*post)
        said.setdefault(feedback.author_key, []).append((feedback, source))
    unwilling = refusals(session, [notice.person_key for notice in notices])
    halted = stopped(session)
    left_address = reachable(session, [notice.person_key for notice in notices])
    reaches = []
    for notice in notices:
        posts = said.get(notice.person_key) or _first_post(session, notice)
        if notice.person_key in unwilling:
            reaches.append(Reach(notice, posts[0][0], None, REFUSED))
            continue
        # first what they wrote before the step: the notice speaks of that day
        before = sorted(posts, key=lambda said: said[0].occurred_at > notice.created_at)
        tried = [
            Reach(
                notice,
                post,
                *_way(
                    post,
                    source,
                    settings,
                    outlets,
                    halted,
                    has_address=notice.person_key in left_address,
                ),
            )
            for post, source in before
        ]
        reaches.append(next((reach for reach in tried if reach.outlet), tried[0]))
    return reaches


def _way(
    feedback: Post,
    source: str,
    settings: NoticeSettings,
    outlets: Outlets,
    halted: Mapping[str, str],
    *,
    has_address: bool,
) -> tuple[str | None, str]:
    name = settings.routes.get(source)
    if name is None:
        return None, f"来源“{source}”没有配置回复用的出口"
    sender = outlets.senders.get(name)
    if sender is None:
        return None, f"没有配置名为 {name} 的出口"
    if sender.channel not in PERSONAL:
        return None, f"出口 {name} 是{CHANNEL_WORDS[sender.channel.value]}，不能回复到个人"
    if name in halted:
        return None, f"出口 {name} 已停发"
    if sender.channel is Channel.EMAIL:
        return (name, "") if has_address else (None, NO_ADDRESS)
    return (None, _MASKED) if "〔" in feedback.source_key else (name, "")


def _first_post(session: Session, notice: Notice) -> list[tuple[Post, str]]:
    """Return the feedback that a notice was opened for: it may be evidence no longer."""
    found = select(*_POST).where(col(Feedback.id) == notice.feedback_id)
    feedback = Post(*session.execute(found).one())
    return [(feedback, session.get_one(Source, feedback.source_id).name)]


def reasons_of(reaches: list[Reach]) -> dict[str, int]:
    """Count the people who cannot be told by reason, the most frequent first."""
    return dict(Counter(reach.why_not for reach in reaches if reach.outlet is None).most_common())
