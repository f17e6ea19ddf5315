from __future__ import annotations

import pytest

from feedback_nlp.labels import Intent
from feedback_nlp.pipeline import matters
from feedback_nlp.topics import TopicUnit
from feedback_nlp.topics.glossary import plainly


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("coupon 不能叠加", "优惠券 不能叠加"),
        ("Dark Mode 求安排", "深色模式 求安排"),
        ("唔知點解退唔到款", "不知為什么退不到款"),
        ("App 里没有 address book", "App 里没有 地址 book"),
        ("loadedly 和 crashy 都不是词", "loadedly 和 crashy 都不是词"),
        ("验证码收不到", "验证码收不到"),
    ],
)
def test_words_of_other_tongues_become_plain(said: str, plain: str) -> None:
    assert plainly(said).replace("為什么", "为什么") == plain.replace("為什么", "为什么")


@pytest.mark.parametrize(
    ("said", "plain"),
    [
        ("人一多菜上得特别慢", "人一多上菜特别慢"),
        ("菜上的太慢了", "上菜慢了"),
        ("货发得太晚", "发货太晚"),
        ("电充得比以前慢", "充电比以前慢"),
        ("款放得倒是快", "放款倒是快"),
        ("课讲得太快跟不上", "讲课太快跟不上"),
        ("菜上的油太多", "菜上的油太多"),
    ],
)
def test_a_thing_before_its_verb_is_the_word_that_most_people_use(said: str, plain: str) -> None:
    assert plainly(said) == plain


def test_a_unit_is_placed_by_its_plain_words() -> None:
    [unit] = matters([TopicUnit(1, 1, "求助，refund 等了三天", Intent.COMPLAINT)])
    assert unit.text.startswith("退款")
