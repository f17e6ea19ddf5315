from __future__ import annotations

import pytest

from feedback_nlp.chinese import default_tokenizer
from feedback_nlp.labels import Intent
from feedback_nlp.topics.clauses import ClauseReader
from feedback_nlp.topics.phrases import MentionFinder
from feedback_nlp.topics.vent import GENERAL_VENT, GENERAL_WISH, names_nothing, vent_of
from feedback_nlp.topics.words import read_topic_words


def nothing(text: str) -> bool:
    words = read_topic_words()
    finder = MentionFinder(words)
    reader = ClauseReader(words.stops, words.problems, words.objects, finder.products)
    tagged = default_tokenizer().tag(text)
    return names_nothing(text, finder.find(text, tagged), tagged, reader)


@pytest.mark.parametrize(
    "text", ["我只能给四星", "非常差的酒店!", "有没有搞错，拜托了", "这样的酒店下次绝对不会入住！"]
)
def test_displeasure_at_large_names_nothing(text: str) -> None:
    assert nothing(text)


@pytest.mark.parametrize(
    "text",
    [
        "早餐很差",
        "房间隔音不好",
        "验证码收不到",
        "254mb",
        "酒店太吵",
        "一句话说不完的事情有很多很多很多很多很多很多很多很多",
    ],
)
def test_a_thing_a_fault_or_a_figure_is_something(text: str) -> None:
    assert not nothing(text)


def test_what_kind_of_venting() -> None:
    assert vent_of([Intent.COMPLAINT]) == GENERAL_VENT
    assert vent_of([Intent.QUESTION]) == GENERAL_VENT
    assert vent_of([Intent.COMPLAINT, Intent.FEATURE]) == GENERAL_WISH
    assert vent_of([Intent.COMPLAINT, Intent.BUG]) == ""
    assert vent_of([]) == ""
