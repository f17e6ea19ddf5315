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


def test_a_unit_is_placed_by_its_plain_words() -> None:
    [unit] = matters([TopicUnit(1, 1, "求助，refund 等了三天", Intent.COMPLAINT)])
    assert unit.text.startswith("退款")
