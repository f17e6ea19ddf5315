"""The encoder: a bag of hashed n-grams a clause, clauses pooled to units and reviews.

For a clause with n-grams g::

    u = Σ idf(g)·E(g) / √(Σ idf(g)² + ε)          (d)   linear, as TF-IDF with l2 norm
    h = relu(u·W1 + b1)                            (h)   what the clause says

and with means and maxima over clauses::

    unit features = mean [u, v] of its clauses                             (d + k)
    z = relu([mean u, mean h, max h of the review's clauses]·Wz + bz)      (z)
    review features = [z, mean [u, v'] of the review's clauses]            (z + d + k')

with [v, v'] = Σ V(g) / √(Σ idf(g)² + ε) the same bag of a table V of few columns, which
hold what single n-grams say to each class of the unit heads (v) and review heads (v').

Heads (sentiment, intent) are linear on these. Units are read without h and the context
of the review: with these, heads fitted the annotated reviews better and other domains worse.

Source: fastText's hashed n-gram bags (Joulin et al. 2016), Deep Sets pooling (Zaheer et
al. 2017), and docs/decisions/0004-classifier.md for what was measured here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from feedback_nlp.artifacts import load_artifact
from feedback_nlp.errors import ArtifactError
from feedback_nlp.resources import model_folder
from feedback_nlp.understanding.features.bags import bag_sums
from feedback_nlp.understanding.features.batch import UnitBatch
from feedback_nlp.understanding.features.hashing import NgramHasher, NgramIndex
from feedback_nlp.understanding.features.head import product

NORM_EPSILON = 1e-3
ROW_LEVELS = 31  # 6 bits: nothing is lost on test rows, and a clone stays small
# Whose columns of V; those of unit heads come first.
WIDE_COLUMNS = {
    "sentiment": slice(0, 3),
    "intent": slice(3, 9),
    "overall": slice(9, 13),
}
UNIT_COLUMNS = 9
_STEPS = 64  # clauses of a review compared side by side; longer reviews one by one
_CHUNK_CHARACTERS = 200_000  # of one hashing pass: bounds memory, keeps arrays in cache

Floats = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Encoded:
    """What the heads read.

    Attributes:
        batch: The units that were encoded.
        units: float32 of shape (n, d + k), one row a unit.
        reviews: float32 of shape (m, z + d + k'), one row a review; zero for one without
            units.
    """

    batch: UnitBatch
    units: Floats
    reviews: Floats


class NgramEncoder:
    """Encodes units and reviews with trained tables.

    Args:
        hasher: The hashing the tables were trained with.
        buckets: uint32 of shape (a,): the buckets that have a row, ascending.
        rows: Shape (a, d): idf-weighted embedding of each of these buckets; float32, or
            int8 if ``scale`` is given.
        idf: float32 of shape (a,): their weights in the norm.
        dense: ``W1`` (d, h), ``b1`` (h,), ``Wz`` (d + 2h, z), ``bz`` (z,).
        columns: float32 of shape (a, k): V, idf-weighted; ``None`` for none (k = 0).
        version: Content version of the artefact.
        scale: Shape (a,): what to multiply each row by; ``None`` for 1. Given apart, so
            that no second float table is ever in memory.
    """

    def __init__(
        self,
        hasher: NgramHasher,
        buckets: npt.NDArray[np.uint32],
        rows: Floats | npt.NDArray[np.int8],
        idf: Floats,
        dense: Mapping[str, Floats],
        columns: Floats | None = None,
        version: str = "",
        scale: Floats | None = None,
    ) -> None:
        self.hasher = hasher
        self.version = version
        self.dense = dict(dense)
        self._row_of = np.zeros(hasher.bucket_count + 1, dtype=np.int32)
        frequent = np.argsort(idf, kind="stable")  # side by side, they stay in the cache
        self._row_of[buckets[frequent]] = np.arange(1, len(buckets) + 1)
        # Row 0 is for buckets nobody trained. The squares stay apart: rows of 64
        # columns are read faster than rows of 65.
        self._table = np.zeros((len(buckets) + 1, rows.shape[1]), dtype=np.float32)
        self._table[1:] = rows[frequent]
        if scale is not None:
            self._table[1:] *= scale[frequent].astype(np.float32)[:, None]
        self._columns = np.zeros(
            (len(self._table), 0 if columns is None else columns.shape[1]), dtype=np.float32
        )
        if columns is not None:
            self._columns[1:] = columns[frequent]
        self._squares = np.zeros(len(buckets) + 1, dtype=np.float32)
        self._squares[1:] = idf[frequent].astype(np.float32) ** 2

    @property
    def embedding_width(self) -> int:
        """Columns of u, the first of a unit's features."""
        return int(self._table.shape[1])

    def encode(self, batch: UnitBatch) -> Encoded:
        """Encode a batch; each row depends on its own review alone."""
        bags, unit_starts = self._clauses(batch.texts)
        u = bags[:, : self.embedding_width]
        of_units = self.embedding_width + UNIT_COLUMNS
        of_reviews = bags[:, of_units:]
        width = len(self.dense["bz"]) + u.shape[1] + of_reviews.shape[1]
        reviews = np.zeros((len(batch.counts), width), dtype=np.float32)
        filled = np.flatnonzero(batch.counts)
        if len(filled):
            starts = unit_starts[np.append(batch.starts[filled], len(batch.texts))]
            h = np.maximum(product(u, self.dense["W1"]) + self.dense["b1"], 0)
            pooled = pool(u, h, starts)
            z = np.maximum(product(pooled, self.dense["Wz"]) + self.dense["bz"], 0)
            wide = range_means(of_reviews, starts)
            reviews[filled] = np.hstack([z, pooled[:, : u.shape[1]], wide])
        return Encoded(batch, range_means(bags[:, :of_units], unit_starts), reviews)

    def _clauses(self, texts: Sequence[str]) -> tuple[Floats, npt.NDArray[np.int64]]:
        """Return u and v of every clause, and the first clause of each text with the total."""
        bags: list[Floats] = [
            np.zeros((0, self.embedding_width + self._columns.shape[1]), np.float32)
        ]
        starts = [np.zeros(1, dtype=np.int64)]
        begin = characters = 0
        for position, text in enumerate(texts):
            characters += len(text) + 1
            if characters >= _CHUNK_CHARACTERS or position == len(texts) - 1:
                index = self.hasher.index(texts[begin : position + 1])
                bags.append(self._bag(index))
                starts.append(index.text_starts[1:] + starts[-1][-1])
                begin, characters = position + 1, 0
        return np.concatenate(bags), np.concatenate(starts)

    def _bag(self, index: NgramIndex) -> Floats:
        """Return u and v for each clause: shape (clauses, d + k)."""
        size = int(index.indptr[-1])
        clauses = len(index.indptr) - 1
        families = len(index.buckets)
        rows = np.empty((size, families), dtype=np.int32)  # side by side: one product for all
        for family, buckets in enumerate(index.buckets):
            rows[:, family] = self._row_of[buckets[:size]]
        flat, starts = rows.ravel(), index.indptr * np.int32(families)
        ones = np.ones(len(flat), dtype=np.float32)
        sums: Floats = np.hstack(
            [bag_sums(ones, flat, starts, self._table), bag_sums(ones, flat, starts, self._columns)]
        )
        if not clauses:
            return sums
        squares: Floats = np.add.reduceat(self._squares[flat], starts[:-1])
        bags: Floats = sums / np.sqrt(squares + np.float32(NORM_EPSILON))[:, None]
        return bags


def pool(u: Floats, h: Floats, starts: npt.NDArray[np.int64]) -> Floats:
    """Return [mean u, mean h, max h] over the ranges that ``starts`` cuts: (n, d + 2h).

    Args:
        u: Shape (clauses, d).
        h: Shape (clauses, h).
        starts: First row of each range and the total, shape (n + 1,), strictly ascending.
    """
    return np.hstack([range_means(u, starts), range_means(h, starts), range_maxima(h, starts)])


def range_means(rows: Floats, starts: npt.NDArray[np.int64]) -> Floats:
    """Return the mean of each range of rows: shape (n, columns)."""
    sizes = np.diff(starts)
    share = np.repeat(np.reciprocal(np.maximum(sizes, 1).astype(np.float32)), sizes)
    return bag_sums(share, np.arange(len(rows), dtype=np.int32), starts, rows)


def range_maxima(rows: Floats, starts: npt.NDArray[np.int64]) -> Floats:
    """Return the maximum of each range of rows: shape (n, columns).

    The k-th rows of all ranges that have one are compared at once, longest range first;
    several times faster than ``np.maximum.reduceat`` on many short ranges.
    """
    sizes = np.diff(starts)
    order = np.argsort(-sizes, kind="stable")
    first = starts[:-1][order]
    longer_than = len(sizes) - np.searchsorted(np.sort(sizes), np.arange(_STEPS), side="right")
    top = rows[first]
    for step in range(1, _STEPS):
        count = int(longer_than[step])
        if not count:
            break
        np.maximum(top[:count], rows[first[:count] + step], out=top[:count])
    for place in np.flatnonzero(sizes[order] > _STEPS).tolist():
        begin = int(first[place])
        top[place] = rows[begin : begin + int(sizes[order[place]])].max(axis=0)
    maxima = np.empty_like(top)
    maxima[order] = top
    return maxima


def quantize(
    rows: Floats, levels: int = ROW_LEVELS
) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float16]]:
    """Return rows as int8 of shape (a, d) with one float16 scale a row, shape (a,).

    Args:
        rows: Shape (a, d).
        levels: Steps on each side of zero, at most 127. Fewer take less room when packed.
    """
    scale = (np.abs(rows).max(axis=1, initial=0) / levels).astype(np.float16)
    safe = np.where(scale > 0, scale, 1).astype(np.float32)
    return np.clip(np.rint(rows / safe[:, None]), -levels, levels).astype(np.int8), scale


def pack_columns(columns: Floats) -> dict[str, np.ndarray]:
    """Return V as tensors: the rows that are not zero, as int8 with one scale a column."""
    scale = np.maximum(np.abs(columns).max(axis=0, initial=0) / 127, 1e-8).astype(np.float32)
    steps = np.clip(np.rint(columns / scale), -127, 127).astype(np.int8)
    places = np.flatnonzero(steps.any(axis=1))
    return {
        "wide_places": places.astype(np.uint32),
        "wide_rows": steps[places],
        "wide_scale": scale,
    }


def unpack_columns(tensors: Mapping[str, np.ndarray], row_count: int) -> Floats | None:
    """Return what :func:`pack_columns` packed, shape (row_count, k), if it is there."""
    if "wide_rows" not in tensors:
        return None
    columns = np.zeros((row_count, tensors["wide_rows"].shape[1]), dtype=np.float32)
    columns[tensors["wide_places"]] = tensors["wide_rows"] * tensors["wide_scale"]
    return columns


def load_encoder(folder: Path | None = None) -> NgramEncoder:
    """Load the shared encoder.

    Args:
        folder: An artefact folder; ``models/encoder`` by default.

    Raises:
        ArtifactError: If the folder is missing, damaged or of another shape.
    """
    artifact = load_artifact(folder if folder is not None else model_folder("encoder"))
    tensors, config = artifact.tensors, artifact.config
    try:
        hasher = NgramHasher(config["bits"], tuple(config["orders"]), config["skip"])
        rows = tensors["rows"]
        return NgramEncoder(
            hasher,
            tensors["buckets"],
            rows,
            tensors["idf"].astype(np.float32),
            {name: tensors[name].astype(np.float32) for name in ("W1", "b1", "Wz", "bz")},
            unpack_columns(tensors, len(rows)),
            artifact.version,
            tensors["scale"],
        )
    except (KeyError, TypeError, ValueError) as error:
        raise ArtifactError(
            f"编码器模型的内容不完整：{error}", reason="model-unusable", model="encoder"
        ) from error
