from __future__ import annotations

import itertools
import random
from dataclasses import replace
from typing import Any

import pytest

from feedback_nlp.chinese import DictionaryWord, Tokenizer, default_tokenizer
from feedback_nlp.labels import WordKind
from feedback_nlp.lexicon import Passage, Suggestion
from feedback_nlp.lexicon.mining import MiningLimits, suggest
from feedback_nlp.lexicon.shape import Piece, read_edge_words, word_weight

THINGS = [
    "天气",
    "地图",
    "相册",
    "日历",
    "邮件",
    "闹钟",
    "词典",
    "时钟",
    "书架",
    "钱包",
    "商店",
    "画板",
]
DEEDS = [
    "刷新",
    "崩溃",
    "清空",
    "消失",
    "保存",
    "排序",
    "移动",
    "归档",
    "搜索",
    "转动",
    "旋转",
    "缩放",
]
OTHER_TALK = [
    Passage(10_000 + number, thing + deed, f"other-{number}")
    for number, (thing, deed) in enumerate(itertools.product(THINGS, DEEDS))
]


def suggested(passages: list[Passage], **options: Any) -> list[Suggestion]:
    """Return what is suggested when all this is said among other things."""
    return suggest([*passages, *OTHER_TALK], default_tokenizer(), **options)


def words_of(passages: list[Passage], **options: Any) -> list[str]:
    return [found.word for found in suggested(passages, **options)]


def test_other_talk_alone_suggests_nothing() -> None:
    assert words_of([]) == []


def test_a_new_word_is_found_with_its_evidence(said) -> None:
    (found,) = suggested(said("红包雨"))
    assert found.word == "红包雨"
    assert found.kind is WordKind.PRODUCT
    assert (found.count, found.person_count) == (24, 24)
    assert found.pieces == ("红包", "雨")
    assert found.whole_share == 0
    assert found.cohesion > 3
    assert min(found.left_entropy, found.right_entropy) > 2
    texts = {passage.passage_id: passage.text for passage in said("红包雨")}
    assert len(found.examples) == 3
    assert all("红包雨" in texts[passage_id] for passage_id in found.examples)


def test_a_model_keeps_the_spelling_most_people_use(said) -> None:
    few, many = said("蓝鲸note5", 8, first_id=100), said("蓝鲸Note5")
    found = suggested([*few, *many])
    assert found[0].word == "蓝鲸Note5"
    assert found[0].kind is WordKind.VERSION
    assert found[0].count == 32


def test_words_of_the_dictionary_are_not_suggested(said) -> None:
    assert words_of(said("优惠券")) == []
    taught = Tokenizer(extra_words=[DictionaryWord("红包雨", "n")])
    assert suggest([*said("红包雨"), *OTHER_TALK], taught) == []


def test_fragments_of_a_longer_word_go(said) -> None:
    assert words_of(said("全民红包雨")) == ["全民红包雨"]


def test_a_word_among_its_extensions_stays_alone(said) -> None:
    extended = said("红包雨广场", 8, first_id=100)
    assert words_of([*said("红包雨", 40), *extended]) == ["红包雨"]


@pytest.mark.parametrize(
    "phrase",
    ["不喜欢它", "的东西", "越来越差劲", "太麻烦了", "希望修复", "性价比高", "10分钟", "嗯嗯嗯"],
)
def test_phrases_are_no_words(said, phrase: str) -> None:
    assert words_of(said(phrase)) == []


def test_copies_count_once_and_one_person_is_not_many(said) -> None:
    passages = said("红包雨")
    copies = [replace(passages[0], passage_id=number, person=str(number)) for number in range(90)]
    assert words_of(copies) == []
    alone = [replace(passage, person="one") for passage in passages]
    assert words_of(alone) == []
    (found,) = suggested([*passages, *copies])
    assert found.count == 24


def test_redacted_places_are_not_read(said) -> None:
    assert words_of(said("〔口令·蛋仔码〕")) == []


def test_the_order_of_the_passages_does_not_matter(said) -> None:
    passages = [
        *said("红包雨"),
        *said("云台版", first_id=100),
        *said("蓝鲸Note5", 20, first_id=200),
    ]
    expected = suggested(passages)
    assert len(expected) == 3
    passages += OTHER_TALK
    random.Random(5).shuffle(passages)
    assert suggest(passages, default_tokenizer()) == expected


def test_limits_and_limit(said) -> None:
    passages = [*said("红包雨", 12), *said("云台版", first_id=100)]
    assert set(words_of(passages)) == {"红包雨", "云台版"}
    assert len(words_of(passages, limit=1)) == 1
    assert words_of(passages, limits=MiningLimits(min_people=13)) == ["云台版"]


@pytest.mark.parametrize("texts", [[], [""], ["好"], ["\ud800\n，", "😡😡😡"]])
def test_little_or_odd_text_gives_nothing(texts: list[str]) -> None:
    passages = [Passage(number, text, str(number)) for number, text in enumerate(texts)]
    assert suggest(passages, default_tokenizer()) == []


def test_an_unknown_part_speaks_for_a_word_and_an_opinion_against() -> None:
    edges = read_edge_words()
    sure = Piece("家居", "n", True)
    assert word_weight([Piece("体脂", "n", False), sure], edges) > word_weight([sure, sure], edges)
    assert word_weight([sure, Piece("满意", "v", True)], edges) == 0
    assert word_weight([Piece("共享", "v", True), sure], edges) < 1


def test_edge_lists_are_read() -> None:
    edges = read_edge_words()
    assert {"的", "没有"} <= edges.anywhere
    assert "支持" in edges.start
    assert "闪退" in edges.end
    assert not any(word.startswith("[") for word in edges.anywhere | edges.start | edges.end)
