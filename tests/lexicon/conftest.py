"""Made-up passages around words that no dictionary has."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from feedback_nlp.lexicon import Passage

BEFORE = [
    "昨晚",
    "首页",
    "点击",
    "为啥",
    "请问",
    "安装",
    "更新后",
    "孩子",
    "朋友",
    "手机",
    "天天",
    "",
]
AFTER = [
    "进不去",
    "没了",
    "很慢",
    "卡住",
    "好用",
    "显示空白",
    "怎么关",
    "声音大",
    "闪退",
    "收费",
    "在哪里",
    "",
]
Said = Callable[..., list[Passage]]


@pytest.fixture
def said() -> Said:
    """Return a function that makes passages with a word between changing neighbours."""

    def make(word: str, count: int = 24, *, first_id: int = 1) -> list[Passage]:
        return [
            Passage(
                first_id + number,
                BEFORE[number % len(BEFORE)]
                + word
                + AFTER[(number * 5 + number // 12) % len(AFTER)],
                f"{word}-{number}",
            )
            for number in range(count)
        ]

    return make
