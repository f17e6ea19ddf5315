"""What a boundary model sees between two clauses, computed for a whole batch at once."""

from __future__ import annotations

import numpy as np

from feedback_nlp.understanding.segment.characters import FIRST_SEPARATOR, KIND_COUNT, Kind
from feedback_nlp.understanding.segment.clauses import ClauseTable, clause_cues
from feedback_nlp.understanding.segment.cues import Cues

LEANINGS = ("feeling", "bug", "complaint", "praise", "feature")
HASH_BITS = 15
_HASH_FACTOR = np.uint32(2654435761)
_GAP_KINDS = range(FIRST_SEPARATOR, KIND_COUNT)
_SHORT_CHARS = 4
_SHARPNESS = 3.0  # of the guess which point a clause makes


def bigram_buckets(codes: np.ndarray) -> np.ndarray:
    """Hash each character with its right neighbour: shape (n,), int64 in [0, 2**HASH_BITS).

    The last entry pairs the last character with nothing.
    """
    following = np.zeros_like(codes)
    following[:-1] = codes[1:]
    mixed = (codes * np.uint32(40503) + following) * _HASH_FACTOR
    buckets: np.ndarray = (mixed >> np.uint32(32 - HASH_BITS)).astype(np.int64)
    return buckets


def bigram_mask(kinds: np.ndarray) -> np.ndarray:
    """Return where a bigram holds no separator: shape (n,), bool; False for the last."""
    inside = kinds < FIRST_SEPARATOR
    mask = np.zeros(kinds.shape, dtype=bool)
    mask[:-1] = inside[:-1] & inside[1:]
    return mask


def clause_leanings(table: ClauseTable, weights: np.ndarray) -> np.ndarray:
    """Sum each clause's bigram weights.

    Args:
        table: Clauses.
        weights: Weight of each bucket for each leaning, shape (2**HASH_BITS, k).

    Returns:
        Sums, shape (k, c), float64.
    """
    # Bigrams inside clauses, clause by clause: each clause without its last character.
    bigram_count = table.end - table.start - 1
    clause = np.repeat(np.arange(table.start.size), bigram_count)
    skipped = table.start - (np.cumsum(bigram_count) - bigram_count)
    position = np.arange(clause.size) + skipped[clause]
    bucket = bigram_buckets(table.codes)[position]
    return np.stack(
        [
            np.bincount(clause, weights=column[bucket], minlength=table.start.size)
            for column in weights.T
        ]
    )


def boundary_features(
    table: ClauseTable, cues: Cues, leanings: np.ndarray
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Describe the place after each clause but the last.

    What is talked about enters only as "the same aspect" or "another aspect", never by
    name, so that what is learnt from one product's reviews serves others.

    Args:
        table: Clauses of a batch.
        cues: The lexicon the table was made with.
        leanings: Sums a clause, shape (5, c), in the order of ``LEANINGS``.

    Returns:
        Features, shape (c − 1, f), float32, each roughly within −3 … 3, and their names.
        Places between two texts are described too; their values mean nothing.
    """
    place = _Place(table)
    columns = {
        **_gap_columns(table, place),
        **_position_columns(place),
        **_cue_columns(table, cues),
        **_leaning_columns(place, leanings),
    }
    # One row a feature while filling: far faster than one column a feature.
    rows = np.empty((len(columns), table.start.size - 1), dtype=np.float32)
    for row, values in zip(rows, columns.values(), strict=True):
        row[:] = values
    return rows.T, tuple(columns)


class _Place:
    """Where each place between clauses lies in its text. Arrays of shape (c − 1,)."""

    def __init__(self, table: ClauseTable) -> None:
        count = table.start.size
        index = np.arange(count)
        self.first = np.searchsorted(table.text, table.text, side="left")[:-1]
        self.last = (np.searchsorted(table.text, table.text, side="right") - 1)[1:]
        self.clauses_before = index[:-1] - self.first
        self.clauses_after = self.last - index[1:]
        self.length = (table.end - table.start).astype(np.float64)  # (c,)
        self.chars_before = np.maximum(table.end[:-1] - table.start[self.first], 1)
        self.chars_after = np.maximum(table.end[self.last] - table.start[1:], 1)
        self.stop = table.gap[:-1] >> Kind.STOP & 1 == 1
        self.title = self.stop & (self.clauses_before == 0)


def _gap_columns(table: ClauseTable, place: _Place) -> dict[str, np.ndarray]:
    gap = table.gap[:-1]
    columns: dict[str, np.ndarray] = {
        f"gap {Kind(kind).name.lower()}": gap >> kind & 1 for kind in _GAP_KINDS
    }
    columns["gap none"] = gap == 0
    columns["marker"] = table.marker[1:] > 0
    columns["stop and more"] = place.stop & (gap != 1 << Kind.STOP)
    return columns


def _position_columns(place: _Place) -> dict[str, np.ndarray]:
    length = np.log(place.length)
    return {
        "first": place.clauses_before == 0,
        "second": place.clauses_before == 1,
        "last": place.clauses_after == 0,
        "title": place.title,
        "title length": place.title * (length[:-1] - 2),
        "clauses before": np.log1p(place.clauses_before),
        "clauses after": np.log1p(place.clauses_after),
        "left length": length[:-1] - 2,
        "right length": length[1:] - 2,
        "length before": np.log(place.chars_before) - 3,
        "length after": np.log(place.chars_after) - 3,
        "short left": place.length[:-1] <= _SHORT_CHARS,
        "short right": place.length[1:] <= _SHORT_CHARS,
    }


def _cue_columns(table: ClauseTable, cues: Cues) -> dict[str, np.ndarray]:
    held, opening = clause_cues(table)
    has = {name: held >> bit & 1 for bit, name in enumerate(cues.held_names)}
    columns: dict[str, np.ndarray] = {}
    for name in cues.held_names:
        if name not in cues.aspect_names:
            columns[f"left holds {name}"] = has[name][:-1]
            columns[f"right holds {name}"] = has[name][1:]
    for bit, name in enumerate(cues.opening_names):
        columns[f"left opens {name}"] = opening[:-1] >> bit & 1
        columns[f"right opens {name}"] = opening[1:] >> bit & 1
    aspects = sum(1 << cues.held_names.index(name) for name in cues.aspect_names)
    left, right = held[:-1] & aspects, held[1:] & aspects
    columns["same aspect"] = (left & right) > 0
    columns["other aspect"] = (left > 0) & (right > 0) & ((left & right) == 0)
    good, bad, wish = has["praise"], has["complaint"] | has["malfunction"], has["wish"]
    columns["good then bad"] = good[:-1] & bad[1:] & (1 - bad[:-1])
    columns["bad then good"] = bad[:-1] & good[1:] & (1 - bad[1:])
    columns["wish begins"] = wish[1:] & (1 - wish[:-1])
    columns["wish ends"] = wish[:-1] & (1 - wish[1:])
    return columns


def _leaning_columns(place: _Place, leanings: np.ndarray) -> dict[str, np.ndarray]:
    """Compare the leanings of the two clauses, and of all that stands before and after."""
    total = np.zeros((leanings.shape[0], leanings.shape[1] + 1))
    np.cumsum(leanings, axis=1, out=total[:, 1:])
    middle = total[:, 1:-1]
    single = np.float32  # half the work for exp and tanh
    scaled = (leanings / np.sqrt(place.length + 2)).astype(single)
    before = (middle - total[:, place.first]) / np.sqrt(place.chars_before + 2)
    after = (total[:, place.last + 1] - middle) / np.sqrt(place.chars_after + 2)
    before, after = before.astype(single), after.astype(single)
    lean, lean_before, lean_after = np.tanh(scaled), np.tanh(before), np.tanh(after)
    left, right = lean[:, :-1], lean[:, 1:]
    changes, agrees = np.abs(left - right), left * right
    before_changes, after_changes = np.abs(lean_before - right), np.abs(lean_before - lean_after)
    columns: dict[str, np.ndarray] = {}
    for k, name in enumerate(LEANINGS):
        columns[f"left {name}"] = left[k]
        columns[f"right {name}"] = right[k]
        columns[f"{name} changes"] = changes[k]
        columns[f"{name} agrees"] = agrees[k]
        columns[f"{name} before changes"] = before_changes[k]
        columns[f"{name} after changes"] = after_changes[k]
    point = _softmax(scaled[1:])
    same = (point[:, :-1] * point[:, 1:]).sum(axis=0)
    columns["same point"] = same
    columns["same point as before"] = (_softmax(before[1:]) * point[:, 1:]).sum(axis=0)
    columns["same point after stop"] = same * place.stop
    columns["same point in title"] = same * place.title
    return columns


def _softmax(scores: np.ndarray) -> np.ndarray:
    shifted = np.exp(_SHARPNESS * (scores - scores.max(axis=0)))
    result: np.ndarray = shifted / shifted.sum(axis=0)
    return result
