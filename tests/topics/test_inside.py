from __future__ import annotations

import numpy as np
import pytest

from feedback_nlp.chinese import default_tokenizer
from feedback_nlp.errors import ArtifactError
from feedback_nlp.topics import inside
from feedback_nlp.topics.clauses import ClauseReader, Complaint
from feedback_nlp.topics.inside import is_said, names_of_things, without_faults_of_names
from feedback_nlp.topics.matters import MatterFinder
from feedback_nlp.topics.metric import TopicMetric
from feedback_nlp.topics.phrases import MentionFinder
from feedback_nlp.topics.seeds import read_seed_issues
from feedback_nlp.topics.trades import carries, says
from feedback_nlp.topics.words import read_topic_words

SEEDS = {seed.code: seed for seed in read_seed_issues()}


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("凉", "凉皮的麻酱少得可怜"),
        ("冷", "店员冷淡，叫三遍才来"),
        ("等", "会员等级掉了没人通知"),
        ("卡", "信用卡还款日改不了"),
        ("卡", "这期卡池没有想要的"),
        ("码", "验证码半天收不到"),
        ("贵", "贵行的柜员坐着聊天"),
        ("偏", "锅底偏咸"),
        ("题", "问题反映了没人管"),
        ("化", "小区绿化全枯了"),
        ("长", "店长当众骂人"),
        ("远", "永远在排队"),
    ],
)
def test_a_word_inside_another_one_is_not_said(word: str, text: str) -> None:
    assert word in text
    assert not is_said(word, text)


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("凉", "凉皮送来都凉透了"),
        ("冷", "冷面倒是不冷，就是等太久"),
        ("等", "等级没问题，就是发货要等"),
        ("卡", "刷卡的页面好卡"),
        ("黑屏", "黑屏幕什么都看不见"),
        ("贵", "贵宾厅的东西更贵"),
    ],
)
def test_what_is_said_beside_such_a_word_is_said(word: str, text: str) -> None:
    assert is_said(word, text)


def test_words_that_want_each_other_must_both_be_said() -> None:
    assert not says(["等+小时"], "等级高的两小时就到")
    assert says(["等+小时"], "等了两小时")


def test_dishes_of_a_cold_name_are_no_cold_meals() -> None:
    texts = ["凉菜又老又塞牙", "凉面没味道", "冷盘上得慢", "凉粉太辣"]
    assert not carries(SEEDS["food.cold"], texts)
    finder = MatterFinder({"restaurant"}, ["汤太咸", "面太硬"] * 9, letters=False)
    assert finder.names(texts, ["food.cold"]) == []
    assert finder.names(["菜凉了", "汤是冷的", "饭不热", "面上来就凉"], ["food.cold"]) == [
        "饭菜凉了"
    ]


def test_the_metric_does_not_hear_the_fault_in_a_name(metric: TopicMetric) -> None:
    same = np.zeros((1, metric.dimensions), np.float32)

    def score(text: str, code: str) -> float:
        return float(metric.scores([text], same)[0, metric.codes.index(code)])

    assert score("闪退券领不到", "app.crash") == score("券领不到", "app.crash")
    assert score("凉菜太淡", "food.cold") == score("菜太淡", "food.cold")
    assert score("一打开就闪退", "app.crash") > score("闪退券领不到", "app.crash")
    assert score("菜都凉了", "food.cold") > score("凉菜太淡", "food.cold")


def test_a_name_that_the_tokenizer_cut_says_no_fault() -> None:
    lists = read_topic_words()
    reader = ClauseReader(lists.stops, lists.problems, lists.objects, frozenset())
    tagged = [("闪退", "v"), ("券", "n"), ("领", "v"), ("不到", "v")]
    assert reader.clauses(tagged)[0][0] == ("闪退券", "n")
    complaints = reader.complaints(reader.clauses([("老", "a"), ("板", "n"), ("不错", "a")]))
    assert not any(complaint.wrong == "太老" for complaint in complaints)
    cold = [("饭菜", "n"), ("凉", "a"), ("了", "u")]
    assert Complaint("饭菜", "凉了") in reader.complaints(reader.clauses(cold))


def test_a_name_mentions_no_problem() -> None:
    finder, tokenizer = MentionFinder(read_topic_words()), default_tokenizer()
    assert "闪退" not in finder.find("闪退券领不到", tokenizer.tag("闪退券领不到")).problems
    assert "闪退" in finder.find("又闪退了", tokenizer.tag("又闪退了")).problems


def test_every_name_keeps_a_thing_without_its_fault() -> None:
    for name, plain in names_of_things().items():
        assert 0 < len(plain) < len(name)
        assert without_faults_of_names(name) == plain


def test_a_damaged_list_says_what_is_wrong(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inside, "read_columns", lambda *_: [["凉", "name", "热菜"]])
    inside._lines.cache_clear()
    with pytest.raises(ArtifactError, match="凉"):
        inside._lines()
    inside._lines.cache_clear()
