"""Examples hashed once, so that every epoch is arithmetic on arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

import numpy as np
import numpy.typing as npt

from feedback_nlp.training.understanding.examples import Example
from feedback_nlp.understanding.adapting.adapt import UNKNOWN
from feedback_nlp.understanding.features import NgramHasher, NgramIndex

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]
_CHUNK = 200_000  # units hashed at once: bounds memory


@dataclass(frozen=True, slots=True)
class HashedDataset:
    """Reviews as ranges of units, units of clauses, clauses of n-grams.

    Attributes:
        ngrams: int32, bucket of every n-gram, clause by clause.
        clause_starts: Shape (clauses + 1,), offsets into ``ngrams``.
        unit_starts: Shape (units + 1,), offsets into the clauses.
        review_starts: Shape (reviews + 1,), offsets into the units.
        review_labels: Head → class index of each review, ``UNKNOWN`` if not labelled.
        unit_labels: Head → class index of each unit, ``UNKNOWN`` if not labelled.
        review_soft: Review head → a teacher's probabilities, float32 of shape
            (reviews, classes), rows of NaN where it did not say; heads without any are absent.
        unit_soft: The same of units, shape (units, classes).
        weights: Weight of each review in the loss.
        bucket_count: Buckets of the hasher.
    """

    ngrams: npt.NDArray[np.int32]
    clause_starts: Ints
    unit_starts: Ints
    review_starts: Ints
    review_labels: Mapping[str, Ints]
    unit_labels: Mapping[str, Ints]
    review_soft: Mapping[str, Floats]
    unit_soft: Mapping[str, Floats]
    weights: npt.NDArray[np.float32]
    bucket_count: int

    def __len__(self) -> int:
        return len(self.review_starts) - 1

    @property
    def unit_owners(self) -> Ints:
        """Review of each unit."""
        return np.repeat(np.arange(len(self)), np.diff(self.review_starts))

    @classmethod
    def build(
        cls,
        examples: Sequence[Example],
        hasher: NgramHasher,
        review_heads: Sequence[str],
        unit_heads: Sequence[str],
    ) -> HashedDataset:
        """Hash ``examples``; each must have at least one unit."""
        units = list(chain.from_iterable(example.units for example in examples))
        sizes = [len(example.units) for example in examples]
        parts = [np.zeros(0, dtype=np.int32)]
        ngram_counts = [np.zeros(0, dtype=np.int64)]
        clause_counts = [np.zeros(0, dtype=np.int64)]
        for begin in range(0, len(units), _CHUNK):
            index = hasher.index(units[begin : begin + _CHUNK])
            ngrams, counts = _flat(index)
            parts.append(ngrams)
            ngram_counts.append(counts)
            clause_counts.append(np.diff(index.text_starts))
        return cls(
            np.concatenate(parts),
            _starts(np.concatenate(ngram_counts)),
            _starts(np.concatenate(clause_counts)),
            _starts(np.array(sizes, dtype=np.int64)),
            {
                head: np.array([e.review_labels.get(head, UNKNOWN) for e in examples], np.int64)
                for head in review_heads
            },
            {
                head: np.array(
                    list(
                        chain.from_iterable(
                            e.unit_labels.get(head) or (UNKNOWN,) * len(e.units) for e in examples
                        )
                    ),
                    np.int64,
                )
                for head in unit_heads
            },
            _soft([e.soft_review for e in examples], review_heads),
            _soft(
                [
                    {head: rows[place] for head, rows in e.soft_units.items()}
                    for e in examples
                    for place in range(len(e.units))
                ],
                unit_heads,
            ),
            np.array([example.weight for example in examples], dtype=np.float32),
            hasher.bucket_count,
        )

    def document_frequencies(self) -> Ints:
        """Return in how many places each bucket occurs: shape (bucket_count,)."""
        return np.bincount(self.ngrams, minlength=self.bucket_count)

    def restricted(self, kept: npt.NDArray[np.int64]) -> HashedDataset:
        """Return the data with only the buckets ``kept`` (ascending), renumbered from 0."""
        number = np.full(self.bucket_count, -1, dtype=np.int32)
        number[kept] = np.arange(len(kept), dtype=np.int32)
        renumbered = number[self.ngrams]
        known = renumbered >= 0
        before = np.concatenate([[0], np.cumsum(known)])
        return replace(
            self,
            ngrams=renumbered[known],
            clause_starts=before[self.clause_starts],
            bucket_count=len(kept),
        )


@dataclass(frozen=True, slots=True)
class Rows:
    """The n-grams of some reviews, ready for a sparse product.

    Attributes:
        units: Index of each unit in its data set, shape (n,).
        review_starts: Shape (reviews + 1,), offsets into ``units``.
        unit_starts: Shape (n + 1,), offsets into the clauses.
        clause_starts: Shape (clauses + 1,), offsets into ``ngrams``.
        ngrams: Buckets, shape (nnz,).
    """

    units: Ints
    review_starts: Ints
    unit_starts: Ints
    clause_starts: Ints
    ngrams: npt.NDArray[np.int32]


def take(data: HashedDataset, reviews: Ints) -> Rows:
    """Gather reviews by index, in the order given."""
    units, review_starts = _ranges(data.review_starts, reviews)
    clauses, unit_starts = _ranges(data.unit_starts, units)
    positions, clause_starts = _ranges(data.clause_starts, clauses)
    return Rows(units, review_starts, unit_starts, clause_starts, data.ngrams[positions])


def _flat(index: NgramIndex) -> tuple[npt.NDArray[np.int32], Ints]:
    """Return the buckets clause by clause, and how many each clause has."""
    size = int(index.indptr[-1])
    grid = np.stack([family[:size] for family in index.buckets], axis=1)  # position × family
    valid = grid < index.bucket_count
    before = np.concatenate([[0], np.cumsum(valid.sum(axis=1))])
    return grid[valid], np.diff(before[index.indptr]).astype(np.int64)


def _soft(
    said: Sequence[Mapping[str, Sequence[float] | None]], heads: Sequence[str]
) -> dict[str, Floats]:
    """Return a teacher's probabilities as arrays, for the heads it says anything of."""
    arrays: dict[str, Floats] = {}
    for head in heads:
        rows = {place: row for place, one in enumerate(said) if (row := one.get(head)) is not None}
        if rows:
            array = np.full((len(said), len(next(iter(rows.values())))), np.nan, np.float32)
            array[list(rows)] = list(rows.values())
            arrays[head] = array
    return arrays


def _starts(sizes: Ints) -> Ints:
    return np.concatenate([[0], np.cumsum(sizes)]).astype(np.int64)


def _ranges(starts: Ints, chosen: Ints) -> tuple[Ints, Ints]:
    """Return the concatenated ranges ``starts[i]:starts[i + 1]`` and their new starts."""
    sizes = starts[chosen + 1] - starts[chosen]
    fresh = _starts(sizes)
    offsets = np.repeat(starts[chosen] - fresh[:-1], sizes)
    return offsets + np.arange(fresh[-1]), fresh
