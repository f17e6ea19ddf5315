"""Pairs of topics that may be one matter, as a digest and the lists tell of them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from sqlmodel import Session

from feedback_nlp.store import likeness
from feedback_nlp.store.likeness import SimilarPair
from feedback_nlp.week.item_records import SimilarTopics


def similar(session: Session, topic_ids: Collection[int]) -> tuple[SimilarTopics, ...]:
    """Return the open pairs among these topics, the likeliest first."""
    return tuple(
        SimilarTopics(
            into_id=pair.into.id or 0,
            into_name=pair.into.name,
            topic_id=pair.topic.id or 0,
            name=pair.topic.name,
            score=round(pair.score, 2),
            why=why_similar(pair.evidence),
        )
        for pair in likeness.similar_topics(session)
        if pair.into.id in topic_ids and pair.topic.id in topic_ids
    )


def merge_groups(
    pairs: Sequence[SimilarPair], refused: Sequence[SimilarPair] = ()
) -> list[tuple[int, list[int]]]:
    """Return for each topic to keep those that would be merged into it, largest matter first.

    Pairs are followed, the likeliest first. Two groups become one if at least half of the pairs
    between them are open pairs: a chain of likenesses ends at things that have nothing in common.
    Nor if that would join two topics of which people said that they are not one.

    Args:
        pairs: Open pairs, the likeliest first.
        refused: What people kept apart.
    """
    likely = {frozenset((pair.into.id or 0, pair.topic.id or 0)) for pair in pairs}
    apart = {frozenset((pair.into.id or 0, pair.topic.id or 0)) for pair in refused}
    topics = {topic.id or 0: topic for pair in pairs for topic in (pair.into, pair.topic)}
    people = {pair.topic.id or 0: pair.people for pair in pairs}
    people |= {pair.into.id or 0: pair.into_people for pair in pairs}
    group_of = {topic_id: frozenset((topic_id,)) for topic_id in topics}
    for pair in pairs:
        ours, theirs = group_of[pair.into.id or 0], group_of[pair.topic.id or 0]
        between = [frozenset((one, other)) for one in ours for other in theirs]
        if not apart.isdisjoint(between) or 2 * len(likely.intersection(between)) < len(between):
            continue
        for topic_id in ours | theirs:
            group_of[topic_id] = ours | theirs
    found = []
    for members in {group for group in group_of.values() if len(group) > 1}:
        ordered = sorted(members, key=lambda one: likeness.keep_first(topics[one], people[one]))
        found.append((ordered[0], sorted(ordered[1:])))
    return sorted(found, key=lambda group: (-people[group[0]], group[0]))


def why_similar(evidence: Mapping[str, Any]) -> str:
    """Return what speaks for one matter, in Chinese, the plainest first."""
    told = []
    if thing := evidence.get("thing"):
        told.append(f"名字都说“{thing}”")
    if phrases := evidence.get("shared_phrases"):
        told.append("都说到" + "、".join(f"“{phrase}”" for phrase in phrases))
    if share := float(evidence.get("next_share", 0.0)):
        told.append(f"{share:.0%} 的观点次近的就是对方")
    if issue := evidence.get("seed_issue"):
        told.append(f"都最像“{issue}”")
    if people := int(evidence.get("shared_people", 0)):
        told.append(f"{people} 人两边都提过")
    if place := float(evidence.get("place", 0.0)):
        told.append(f"中心相近 {place:.2f}")
    return "；".join(told)
