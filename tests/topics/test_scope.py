from __future__ import annotations

from feedback_nlp.config import TopicsConfig
from feedback_nlp.labels import Intent
from feedback_nlp.topics import TopicUnit
from feedback_nlp.topics.metric import TopicMetric
from feedback_nlp.topics.scope import place

from .conftest import embed


def issues(config: TopicsConfig, metric: TopicMetric, units: list[TopicUnit]) -> list[str]:
    placed = place(units, embed([unit.text for unit in units]), metric, config)
    asking = placed.rows[placed.is_issue].tolist()
    return [units[row].text for row in asking]


def test_mere_talk_counts_where_it_is_clearly_a_known_issue(
    config: TopicsConfig, metric: TopicMetric
) -> None:
    units = [
        TopicUnit(1, 1, "希望增加深色模式", Intent.OTHER, 0.1),
        TopicUnit(2, 2, "希望增加深色模式", Intent.OTHER, 0.9),
        TopicUnit(3, 3, "冬天就想喝汤", Intent.OTHER, 0.1),
        TopicUnit(4, 4, "今天下班晚了", Intent.OTHER, -0.9),
        TopicUnit(5, 5, "签到第十天", Intent.BUG, 0.0),
    ]
    assert issues(config, metric, units) == ["希望增加深色模式", "签到第十天"]


def test_what_is_kind_in_so_many_words_is_no_issue(
    config: TopicsConfig, metric: TopicMetric
) -> None:
    units = [
        TopicUnit(1, 1, "不过离机场比较近", Intent.COMPLAINT, -0.4),
        TopicUnit(2, 2, "离机场不近", Intent.COMPLAINT, -0.4),
        TopicUnit(3, 3, "老板很热情", Intent.QUESTION, 0.2),
        TopicUnit(4, 4, "老板很热情", Intent.BUG, 0.2),
    ]
    assert issues(config, metric, units[:3]) == ["离机场不近"]
    assert issues(config, metric, units[3:]) == ["老板很热情"]
