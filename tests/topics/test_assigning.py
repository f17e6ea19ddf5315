from __future__ import annotations

import numpy as np

from feedback_nlp.chinese import default_tokenizer
from feedback_nlp.config import TopicsConfig, load_config
from feedback_nlp.labels import Intent, TopicKind
from feedback_nlp.topics import KnownTopic, TopicUnit
from feedback_nlp.topics.documents import gather_documents
from feedback_nlp.topics.metric import TopicMetric
from feedback_nlp.topics.modeler import TopicModeler
from feedback_nlp.topics.scope import place

from .conftest import embed


def unit(number: int, text: str, intent: Intent = Intent.BUG, feedback: int = -1) -> TopicUnit:
    return TopicUnit(number, number if feedback < 0 else feedback, text, intent)


def known(metric: TopicMetric, topic_id: str, texts: list[str], **more: object) -> KnownTopic:
    vectors = metric.project(texts, embed(texts)).vectors
    centroid = vectors.mean(axis=0)
    centroid /= np.linalg.norm(centroid)
    return KnownTopic(topic_id, topic_id, TopicKind.ISSUE, centroid, **more)  # type: ignore[arg-type]


def assigned(
    config: TopicsConfig, metric: TopicMetric, units: list[TopicUnit], topics: list[KnownTopic]
) -> list[int]:
    modeler = TopicModeler(config, default_tokenizer(), metric)
    assignment, similarity = modeler.assign(units, embed([u.text for u in units]), topics)
    assert ((similarity > 0) == (assignment >= 0)).all() or any(t.pinned_members for t in topics)
    return assignment.tolist()


def test_new_units_join_the_nearest_topic_or_none(
    config: TopicsConfig, metric: TopicMetric
) -> None:
    topics = [known(metric, "a", ["老是闪退"]), known(metric, "b", ["验证码收不到"])]
    units = [unit(1, "又闪退老是闪退"), unit(2, "收不到验证码"), unit(3, "奶奶包粽子")]
    assert assigned(config, metric, units, topics) == [0, 1, -1]


def test_praise_does_not_join_an_issue(config: TopicsConfig, metric: TopicMetric) -> None:
    topics = [known(metric, "a", ["老是闪退"])]
    assert assigned(config, metric, [unit(1, "老是闪退", Intent.PRAISE)], topics) == [-1]


def test_people_decide(config: TopicsConfig, metric: TopicMetric) -> None:
    topics = [
        known(metric, "a", ["老是闪退"], banned_members=frozenset({1})),
        known(metric, "b", ["发货太慢"], pinned_members=frozenset({2})),
    ]
    units = [unit(1, "老是闪退"), unit(2, "老是闪退"), unit(3, "老是闪退")]
    assert assigned(config, metric, units, topics) == [-1, 1, 0]


def test_a_centroid_of_another_model_is_passed_over(
    config: TopicsConfig, metric: TopicMetric
) -> None:
    stale = KnownTopic("a", "a", TopicKind.ISSUE, np.ones(5, np.float32))
    assert assigned(config, metric, [unit(1, "老是闪退")], [stale]) == [-1]


def test_long_feedback_is_one_document(metric: TopicMetric) -> None:
    sentences = [
        "小区旁边的工地每天半夜还在施工，噪音大得没法睡觉，已经持续三个多月了",
        "打过很多次电话都没有人管，每一次都只是让我们等消息，等到现在也没有结果",
        "希望有关部门尽快到现场查看并处理，给居民一个安静的环境，让老人和孩子能睡个好觉",
    ]
    units = [
        unit(10 * letter + line, f"{text}{letter}号楼反映", Intent.COMPLAINT, letter)
        for letter in range(6)
        for line, text in enumerate(sentences)
    ]
    placed = place(units, embed([u.text for u in units]), metric, load_config().topics)
    documents = gather_documents(units, placed, placed.scores)
    assert documents.is_long
    assert len(documents.texts) == 6
    assert np.bincount(documents.of_row).tolist() == [3] * 6


def test_short_units_are_documents_of_their_own(metric: TopicMetric) -> None:
    units = [unit(1, "闪退"), unit(2, "闪退"), unit(3, "发货慢"), unit(4, "好看", Intent.PRAISE)]
    placed = place(units, embed([u.text for u in units]), metric, load_config().topics)
    documents = gather_documents(units, placed, placed.scores)
    assert not documents.is_long
    assert sorted(documents.texts) == ["发货慢", "闪退"]
    assert sorted(documents.counts.tolist()) == [1, 2]
    assert documents.of_row[3] == -1
