"""Hashed n-grams: what is counted, and that a batch is the same as its texts one by one."""

import numpy as np
import pytest

from feedback_nlp.understanding.features import NgramHasher, UnitBatch

HASHER = NgramHasher(bits=16, orders=(1, 2, 3))


def _bags(texts: list[str]) -> list[list[int]]:
    index = HASHER.index(texts)
    return [
        sorted(
            int(bucket)
            for family in index.buckets
            for bucket in family[index.indptr[row] : index.indptr[row + 1]]
            if bucket < index.bucket_count
        )
        for row in range(len(texts))
    ]


def test_a_text_of_two_characters_has_two_unigrams_three_bigrams_two_trigrams():
    (bag,) = _bags(["很好"])
    assert len(bag) == 2 + 3 + 2  # 很 好 | ^很 很好 好$ | ^很好 很好$


def test_neighbours_in_a_batch_do_not_matter():
    texts = ["很好", "", "不好用!", "a", "\ud800", "闪退\x02了"]
    assert _bags(texts) == [_bags([text])[0] for text in texts]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("閃退", "闪退"),
        ("ＡＰＰ", "app"),
        ("等了3天", "等了5天"),
        ("好好好好好", "好好"),
        ("慢！！！！", "慢!!"),
    ],
)
def test_spellings_of_the_same_hash_the_same(one: str, other: str):
    assert _bags([one]) == _bags([other])


def test_order_of_characters_matters():
    assert _bags(["不好"]) != _bags(["好不"])


def test_no_texts_give_no_rows():
    assert len(HASHER.index([])) == 0


def test_counts_must_cover_the_units():
    with pytest.raises(ValueError, match="expected 1 units"):
        UnitBatch(["好"], np.array([2]))
