import random
from collections import Counter

from feedback_nlp.ingest.keys import OccurrenceCounter


def test_counts_like_a_dictionary_through_growth():
    random.seed(5)
    digests = [f"{random.getrandbits(64):016x}" for _ in range(9_000)] + ["0" * 16]
    counter = OccurrenceCounter()
    expected: Counter[str] = Counter()
    for digest in random.choices(digests, k=30_000):
        expected[digest] += 1
        assert counter.add(digest) == expected[digest]
