"""Terms: what a text is made of, and that counting agrees with splitting."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_nlp.embed.terms import MAX_CHARACTERS, Vocabulary, split_terms


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("手机闪退", ["手机", "闪退", "手", "机", "闪", "退"]),
        ("我，卡", ["我", "卡"]),
        ("APP 打不開！", ["app", "打不开", "打", "不", "开"]),
        ("连不上wifi", ["连不上", "wifi", "连", "不", "上"]),
        ("！！！……", []),
        ("😡", ["😡"]),
        ("", []),
    ],
)
def test_words_then_characters(text: str, terms: list[str]) -> None:
    assert next(split_terms([text])) == terms


def test_only_the_beginning_of_an_endless_text_is_read() -> None:
    terms = next(split_terms(["退" * (MAX_CHARACTERS + 500)]))
    assert terms.count("退") == MAX_CHARACTERS


CHARACTERS = (
    "闪退登录不上app ios12.3%#&+-_\r\n\t　，。！？😡\ud800\u200d🏻é﹏Ω２ａ廣告\x00\x0b\x85\u2028"
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.text(st.sampled_from(CHARACTERS), max_size=20), max_size=6))
def test_counting_a_batch_agrees_with_splitting_each_text(texts: list[str]) -> None:
    split = list(split_terms(texts))
    vocabulary = Vocabulary(sorted({term for terms in split for term in terms}))
    counts = vocabulary.count(texts)
    assert counts.shape == (len(texts), len(vocabulary))
    for row, terms in enumerate(split):
        cells = slice(counts.indptr[row], counts.indptr[row + 1])
        found = {
            vocabulary.terms[column]: int(count)
            for column, count in zip(counts.indices[cells], counts.data[cells], strict=True)
        }
        assert found == Counter(terms)


def test_unknown_terms_are_left_out() -> None:
    counts = Vocabulary(["闪退", "a"]).count(["闪退了 a b"])
    assert counts.sum() == 2
