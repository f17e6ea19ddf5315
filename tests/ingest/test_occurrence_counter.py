import random
from collections import Counter

from feedback_nlp.ingest.keys import OccurrenceCounter, derive_key


def test_counts_like_a_dictionary_through_growth():
    random.seed(5)
    digests = [f"{random.getrandbits(64):016x}" for _ in range(9_000)] + ["0" * 16]
    counter = OccurrenceCounter()
    expected: Counter[str] = Counter()
    for digest in random.choices(digests, k=30_000):
        expected[digest] += 1
        assert counter.add(digest) == expected[digest]


def test_the_keys_of_a_row_that_repeats_differ_by_its_number():
    counter = OccurrenceCounter()
    one, other = ["好用", "", "小林"], ["好用", "小林", ""]
    keys = [counter.key(parts) for parts in (one, one, other)]
    assert keys == [derive_key(one, 1), derive_key(one, 2), derive_key(other, 1)]
    assert len(set(keys)) == 3
