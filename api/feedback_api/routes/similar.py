"""Topics that may be one matter: what speaks for it, and what people refused."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field

from feedback_api.errors import document
from feedback_api.schemas import Incoming, Outgoing
from feedback_api.services import ServicesDep
from feedback_nlp.store import likeness
from feedback_nlp.store.likeness import SimilarPair
from feedback_nlp.week.similar import merge_groups, why_similar

router = APIRouter(prefix="/v1/topics", tags=["主题"])


class SimilarQuery(Incoming):
    """What of the pairs is wanted."""

    refused: bool = Field(default=False, description="改看已经说过“不是同一件事”的")


class SimilarTopic(Outgoing):
    """One of the two."""

    id: int
    name: str
    people_count: int


class SimilarOut(Outgoing):
    """Two topics that may be one."""

    into: SimilarTopic = Field(description="合并时留下的那个")
    topic: SimilarTopic = Field(description="并过去的那个")
    score: float = Field(description="把握，0–1")
    why: str = Field(description="证据，一句话")
    shared_people: int = Field(description="两边都提过的人")
    shared_phrases: list[str]
    seed_issue: str = Field(description="两边都最像的常见问题；没有则为空")
    place: float = Field(description="学来的度量下，两个中心的余弦")
    words: float = Field(description="只看字面意思的余弦")
    next_share: float = Field(description="次近的就是对方的观点占比，两边平均")
    refused_by: str | None
    refused_at: datetime | None


class MergeGroup(Outgoing):
    """Topics that hang together: one to keep, and those to merge into it."""

    into: int
    topics: list[int]


class SimilarPage(Outgoing):
    """All open pairs, the likeliest first."""

    items: list[SimilarOut]
    groups: list[MergeGroup] = Field(description="连在一起的归成一组，可以一次合并")


@router.get("/similar", operation_id="list_similar_topics", responses=document(422, 503))
def list_similar(services: ServicesDep, asked: Annotated[SimilarQuery, Query()]) -> SimilarPage:
    """像是同一件事的主题和证据，把握大的在前。合并用 edits 的 merge；不是同一件事用 apart。"""
    with services.database.read() as session:
        pairs = likeness.similar_topics(session, refused=asked.refused)
        apart = likeness.similar_topics(session, refused=True)
    groups = [] if asked.refused else merge_groups(pairs, apart)
    return SimilarPage(
        items=[_out(pair) for pair in pairs],
        groups=[MergeGroup(into=into, topics=topics) for into, topics in groups],
    )


def _out(pair: SimilarPair) -> SimilarOut:
    evidence = pair.evidence
    return SimilarOut(
        into=SimilarTopic(id=pair.into.id or 0, name=pair.into.name, people_count=pair.into_people),
        topic=SimilarTopic(id=pair.topic.id or 0, name=pair.topic.name, people_count=pair.people),
        score=pair.score,
        why=why_similar(evidence),
        shared_people=evidence.get("shared_people", 0),
        shared_phrases=evidence.get("shared_phrases", []),
        seed_issue=evidence.get("seed_issue", ""),
        place=evidence.get("place", 0.0),
        words=evidence.get("words", 0.0),
        next_share=evidence.get("next_share", 0.0),
        refused_by=pair.refused_by,
        refused_at=pair.refused_at,
    )
