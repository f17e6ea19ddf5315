from __future__ import annotations

from feedback_nlp.chinese import DictionaryWord, default_tokenizer, tokenizer_with
from feedback_nlp.topics.words import read_topic_words


def test_stop_words_are_no_content() -> None:
    words = read_topic_words()
    assert words.is_content("套餐")
    assert not words.with_stops(["套餐"]).is_content("套餐")
    assert read_topic_words().is_content("套餐")


def test_a_tokenizer_is_shared_among_those_who_teach_the_same() -> None:
    words = (DictionaryWord("红包雨", "n"),)
    assert tokenizer_with(words) is tokenizer_with(words)
    assert tokenizer_with(()) is default_tokenizer()
    assert tokenizer_with(words).knows("红包雨")
    assert not default_tokenizer().knows("红包雨")
    assert ("红包雨", "n") in tokenizer_with(words).tag("红包雨没了")
