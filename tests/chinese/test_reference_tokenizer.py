"""rjieba is held to jieba, the reference: same dictionary, same words."""

from __future__ import annotations

import logging
import warnings
from typing import Any

import pytest
import rjieba

from feedback_nlp.chinese import default_tokenizer
from feedback_nlp.chinese.tokenizer import Tokenizer, read_dictionary

SENTENCES = (
    "更新之后一打开就闪退，卸载重装也没用",
    "上菜太慢了，等了五十分钟才上第一道菜",
    "房间隔音差，空调声音又大，半夜被吵醒两次",
    "衣服洗了一次就掉色，客服说不予退换",
    "过减速带底盘异响，4S店检查说正常",
    "抽卡概率太低，充了648一张金卡都没出",
    "老师讲得太快，课程回放还总是加载失败",
    "转账限额太低，去网点排队两个小时",
    "小区门口的路灯坏了半个月，反映三次没人管",
    "前方高能，弹幕把字幕全挡住了",
    "希望能出一个夜间模式，晚上看屏幕太刺眼",
    "快递员态度很好，就是包装盒压坏了",
)


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return jieba's own tokenizer, which keeps its cache in a folder of the test."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # jieba 0.42.1 has invalid escapes and pkg_resources
        import jieba
    jieba.setLogLevel(logging.WARNING)
    tokenizer = jieba.Tokenizer()
    tokenizer.tmp_dir = str(tmp_path_factory.mktemp("jieba"))
    tokenizer.initialize()
    return tokenizer


@pytest.mark.parametrize("text", SENTENCES)
def test_the_words_are_those_of_jieba(reference: Any, text: str) -> None:
    assert rjieba.Jieba().cut(text) == reference.lcut(text)
    assert Tokenizer(words=()).cut(text) == reference.lcut(text)


def test_a_word_that_is_taught_is_kept_whole_in_both(reference: Any) -> None:
    text = "夜骐号游轮的自助餐不错"
    ours = Tokenizer(words=())
    ours.add_word("夜骐号")
    assert "夜骐号" not in reference.lcut(text)
    reference.add_word("夜骐号")
    assert ours.cut(text) == reference.lcut(text)
    assert "夜骐号" in ours.cut(text)


def test_our_dictionary_changes_no_more_than_its_own_words(reference: Any) -> None:
    own = {word.word for word in read_dictionary()}
    for text in SENTENCES:
        before, after = set(reference.lcut(text)), default_tokenizer().cut(text)
        assert "".join(after) == text
        for word in set(after) - before:
            parts = [known for known in own if known in word or word in known]
            assert parts, (text, word)
