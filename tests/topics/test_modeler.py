from __future__ import annotations

import numpy as np
import pytest

from feedback_nlp.chinese import default_tokenizer
from feedback_nlp.config import TopicsConfig
from feedback_nlp.labels import Intent, TopicKind
from feedback_nlp.topics import TopicResult, TopicUnit
from feedback_nlp.topics.metric import TopicMetric
from feedback_nlp.topics.modeler import TopicModeler, sized
from tests.topics.conftest import embed


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


MIXED = {
    "一打开就闪退": ("老是闪退", "更新以后闪退", "点首页就闪退", "软件又闪退了"),
    "骑手送餐太慢": ("外卖送餐慢死了", "送餐太慢，等了两小时", "骑手送得太慢", "送餐慢"),
    "酒店隔音太差": ("房间隔音不好", "隔音差得要命", "隔音太差，睡不着", "房间隔音差"),
    "食堂的菜难吃": ("食堂太难吃", "学校食堂又贵又难吃", "食堂饭菜难吃", "食堂难吃"),
    "车子油耗太高": ("油耗高得吓人", "百公里油耗太高", "油耗高", "这车油耗偏高"),
    "游戏抽卡太坑": ("抽卡概率太低", "抽卡全歪", "抽卡太坑了", "氪金抽卡坑人"),
}


def test_a_source_of_many_trades_has_small_topics(modeler: TopicModeler) -> None:
    """A few units a trade are topics of their own; units of one trade would need more."""
    texts = [text for first, others in MIXED.items() for text in (first, *others)]
    said = [TopicUnit(n, n, text, Intent.COMPLAINT) for n, text in enumerate(texts)]
    found = modeler.fit(said, embed(texts))
    names = {topic_of(found, said, text) for text in MIXED}
    assert len(names) == len(MIXED)
    assert "App 闪退" in names


def test_topics_are_smaller_only_where_few_units_are_of_many_trades(config: TopicsConfig) -> None:
    usual = config.min_topic_size
    assert sized(config, 100, 1.0).min_topic_size == usual
    assert sized(config, 400, 4.0).min_topic_size < usual
    assert sized(config, 4, 4.0).min_topic_size > 1
    assert sized(config, 100_000, 4.0).min_topic_size == usual


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
