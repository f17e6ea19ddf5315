from __future__ import annotations

from feedback_nlp.chinese import DictionaryWord, Tokenizer, default_tokenizer
from feedback_nlp.lexicon import NamedTopic, Passage, preview_cut, touched_topics

PASSAGES = [
    Passage(1, "今年的红包雨进不去", "a"),
    Passage(2, "紅包雨很卡", "b"),
    Passage(3, "红包没到账", "c"),
    Passage(4, "红包雨呢", "d"),
]


def preview(word: str, **options: int):
    after = Tokenizer(extra_words=[DictionaryWord("红包雨", "n")])
    return preview_cut(word, PASSAGES, default_tokenizer(), after, **options)


def test_changed_cuts_are_counted_and_shown_short_ones_first() -> None:
    change = preview("红包雨")
    assert change.found == (1, 2, 4)
    assert change.changed_count == 3
    assert change.pieces == ("红包", "雨")
    assert not change.known
    first = change.examples[0]
    assert (first.text, first.before, first.after) == (
        "红包雨呢",
        ("红包", "雨", "呢"),
        ("红包雨", "呢"),
    )


def test_only_so_many_examples() -> None:
    assert len(preview("红包雨", example_count=2).examples) == 2


def test_a_known_word_changes_nothing() -> None:
    change = preview("红包")
    assert change.known
    assert len(change.found) == 4
    assert change.changed_count == 3  # the word the other tokenizer knows, not this one


def test_topics_that_hold_the_word_come_with_what_holds_it() -> None:
    topics = [
        NamedTopic(7, "其余", (), frozenset({1, 2, 3})),
        NamedTopic(8, "活动卡顿", ("红包", "卡顿"), frozenset({2, 9})),
        NamedTopic(9, "红包雨进不去", (), frozenset()),
        NamedTopic(10, "红包不到账", ("红包",), frozenset({3})),
    ]
    touched = {
        topic.topic_id: topic
        for topic in touched_topics(preview("红包雨"), topics, lambda _: {7: 3, 8: 2, 10: 1})
    }
    assert list(touched) == [8, 9, 7]
    assert touched[8].keywords == ("红包",)
    assert (touched[7].found_count, touched[7].member_count) == (2, 3)
    assert touched[9].in_name
