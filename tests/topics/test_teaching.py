from __future__ import annotations

from dataclasses import replace

import numpy as np

from feedback_nlp.chinese import default_tokenizer
from feedback_nlp.config import TopicsConfig
from feedback_nlp.labels import TopicKind
from feedback_nlp.topics import KnownTopic, TopicUnit
from feedback_nlp.topics.metric import TopicMetric
from feedback_nlp.topics.modeler import TopicModeler
from feedback_nlp.topics.scope import place
from feedback_nlp.topics.teaching import seen_anew, taught_metric

MOVED = 16
"""Units that a person moves, a third of their kind; the others are left for the engine."""


def test_seen_anew_are_texts_recognised_as_something_else() -> None:
    before = np.array([-1, 3, 3, 3, -1])
    after = np.array([2, 3, 4, -1, -1])
    assert seen_anew(before, after).tolist() == [True, False, True, False, False]


def test_a_few_moves_bring_their_like_along_and_are_never_undone(
    config: TopicsConfig, metric: TopicMetric, units: list[TopicUnit], embeddings: np.ndarray
) -> None:
    modeler = TopicModeler(config, default_tokenizer(), metric)
    first = modeler.fit(units, embeddings)
    known = [
        KnownTopic(
            topic.name,
            topic.name,
            topic.kind,
            topic.centroid,
            frozenset(units[row].unit_id for row in np.flatnonzero(first.assignment == index)),
        )
        for index, topic in enumerate(first.topics)
    ]
    piano = {unit.unit_id for unit in units if "钢琴课" in unit.text}
    source = max(known, key=lambda topic: len(topic.members & piano))
    target = next(topic for topic in known if topic.name == "App 闪退")
    strays = sorted(source.members & piano)
    moved, rest = (
        frozenset(strays[:: len(strays) // MOVED]),
        piano - set(strays[:: len(strays) // MOVED]),
    )
    others = [topic for topic in known if topic is not source and topic is not target]
    edited = [
        *others,
        replace(source, members=source.members - moved, banned_members=moved),
        replace(target, members=target.members | moved, pinned_members=moved),
    ]

    after = modeler.fit(units, embeddings, known=edited)

    new_home = next(i for i, topic in enumerate(after.topics) if topic.topic_id == target.topic_id)
    settled = {units[row].unit_id for row in np.flatnonzero(after.assignment == new_home)}
    assert moved <= settled
    assert len(settled & rest) > len(rest) / 2, "units like those moved follow"
    other = {unit.unit_id for unit in units if "地暖" in unit.text}
    assert not settled & other, "units of another kind stay"


def test_venting_that_people_placed_teaches_nothing(
    config: TopicsConfig, metric: TopicMetric, units: list[TopicUnit], embeddings: np.ndarray
) -> None:
    """Vents share no matter: learned as one issue, their words drew a thousand other units."""
    placed = place(units, embeddings, metric, config)
    chosen = frozenset(unit.unit_id for unit in units[:20])
    kinds = {}
    for kind in (TopicKind.ISSUE, TopicKind.VENT):
        known = KnownTopic("1", "笼统差评", kind, np.zeros(0, np.float32), chosen, chosen)
        kinds[kind] = taught_metric(metric, units, embeddings, placed, [known])
    assert kinds[TopicKind.ISSUE] is not metric
    assert kinds[TopicKind.VENT] is metric
