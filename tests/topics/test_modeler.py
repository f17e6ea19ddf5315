from __future__ import annotations

import numpy as np
import pytest

from feedback_nlp.chinese import default_tokenizer
from feedback_nlp.config import TopicsConfig
from feedback_nlp.labels import TopicKind
from feedback_nlp.topics import TopicResult, TopicUnit
from feedback_nlp.topics.metric import TopicMetric
from feedback_nlp.topics.modeler import TopicModeler


@pytest.fixture(scope="module")
def modeler(config: TopicsConfig, metric: TopicMetric) -> TopicModeler:
    return TopicModeler(config, default_tokenizer(), metric)


@pytest.fixture(scope="module")
def result(modeler: TopicModeler, units: list[TopicUnit], embeddings: np.ndarray) -> TopicResult:
    return modeler.fit(units, embeddings)


def topic_of(result: TopicResult, units: list[TopicUnit], text: str) -> str:
    index = next(i for i, unit in enumerate(units) if unit.text == text)
    assert result.assignment[index] >= 0, f"{text} is in no topic"
    return result.topics[result.assignment[index]].name


def test_issues_that_no_seed_knows_get_topics_of_their_own(
    result: TopicResult, units: list[TopicUnit]
) -> None:
    heating = topic_of(result, units, "地暖打不开")
    piano = topic_of(result, units, "钢琴课约不上")
    assert heating != piano
    assert "地暖" in heating
    assert "钢琴" in piano


def test_one_problem_that_begins_in_five_ways_is_one_topic(
    result: TopicResult, units: list[TopicUnit]
) -> None:
    """The clustering finds a piece for each way; pieces that would have one name are one."""
    pieces = {
        int(topic)
        for unit, topic in zip(units, result.assignment, strict=True)
        if "钢琴课" in unit.text
    }
    assert len(pieces) == 1


def test_a_seed_issue_is_recognised_and_named(result: TopicResult, units: list[TopicUnit]) -> None:
    assert topic_of(result, units, "一打开就闪退") == "App 闪退"


def test_venting_is_its_own_kind_and_never_leads(
    result: TopicResult, units: list[TopicUnit]
) -> None:
    kinds = [topic.kind for topic in result.topics]
    assert topic_of(result, units, "垃圾软件") == "笼统差评"
    assert kinds == sorted(kinds, key=[TopicKind.ISSUE, TopicKind.VENT, TopicKind.PRAISE].index)


def test_praise_is_grouped_by_aspect(result: TopicResult, units: list[TopicUnit]) -> None:
    assert topic_of(result, units, "物流很快") == topic_of(result, units, "快递给力")
    assert topic_of(result, units, "质量很好") != topic_of(result, units, "物流很快")


def test_another_order_gives_the_same_topics(
    modeler: TopicModeler, units: list[TopicUnit], embeddings: np.ndarray, result: TopicResult
) -> None:
    order = np.random.default_rng(3).permutation(len(units))
    shuffled = modeler.fit([units[i] for i in order], embeddings[order])
    named = {units[i].unit_id: name_of(result, i) for i in range(len(units))}
    assert {units[i].unit_id: name_of(shuffled, row) for row, i in enumerate(order)} == named


def name_of(result: TopicResult, row: int) -> str:
    index = result.assignment[row]
    return "" if index < 0 else result.topics[index].name


def test_quotes_differ_and_belong(result: TopicResult, units: list[TopicUnit]) -> None:
    rows = {unit.unit_id: row for row, unit in enumerate(units)}
    for index, topic in enumerate(result.topics):
        assert len(set(topic.quotes)) == len(topic.quotes) <= 3
        assert all(result.assignment[rows[quote]] == index for quote in topic.quotes)


def test_names_are_unique(result: TopicResult) -> None:
    names = [topic.name for topic in result.topics]
    assert len(set(names)) == len(names)


def test_nothing_in_nothing_out(modeler: TopicModeler, embeddings: np.ndarray) -> None:
    empty = modeler.fit([], embeddings[:0])
    assert empty.topics == ()
    assert len(empty.assignment) == 0


def test_embeddings_that_do_not_belong_are_refused(
    modeler: TopicModeler, units: list[TopicUnit], embeddings: np.ndarray
) -> None:
    with pytest.raises(ValueError, match="one row a unit"):
        modeler.fit(units, embeddings[1:])
