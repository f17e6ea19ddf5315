"""Corrected labels as the heads see them: features and classes, for either reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

from feedback_nlp.understanding.adapting.adapt import Labelled
from feedback_nlp.understanding.deep.reader import DeepReader
from feedback_nlp.understanding.engine import Cut
from feedback_nlp.understanding.features import NgramEncoder, SoftmaxHead, UnitBatch

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Features:
    """What the heads read of some texts.

    Attributes:
        units: One row a unit, text by text, shape (n, f).
        counts: Units of each text, shape (m,), at least one.
        reviews: One row a text, shape (m, g).
    """

    units: Floats
    counts: Ints
    reviews: Floats


class Featurizer(Protocol):
    """Either reader, up to its heads."""

    def features(self, items: Sequence[Labelled]) -> Features:
        """Return the features of each item; an item that is a unit is not cut."""
        ...


class FastFeaturizer:
    """The n-gram encoder.

    Args:
        encoder: Whose features.
        cut: Cuts texts into units as the engine does.
    """

    def __init__(self, encoder: NgramEncoder, cut: Cut) -> None:
        self._encoder = encoder
        self._cut = cut

    def features(self, items: Sequence[Labelled]) -> Features:
        """Return the features of each item."""
        parts = [
            (item.text,) if item.is_unit else units
            for item, units in zip(items, self._cut([item.text for item in items]), strict=True)
        ]
        counts = np.array([len(units) for units in parts], dtype=np.int64)
        encoded = self._encoder.encode(UnitBatch([unit for part in parts for unit in part], counts))
        return Features(encoded.units, counts, encoded.reviews)


class DeepFeaturizer:
    """The transformer.

    Args:
        reader: Whose features, and who cuts.
    """

    def __init__(self, reader: DeepReader) -> None:
        self._reader = reader

    def features(self, items: Sequence[Labelled]) -> Features:
        """Return the features of each item."""
        units: list[Floats] = []
        reviews: list[Floats] = []
        counts: list[int] = []
        for item in items:
            of_units, of_text = self._reader.features(item.text)
            of_units = of_text[None] if item.is_unit or not len(of_units) else of_units
            units.append(of_units)
            reviews.append(of_text)
            counts.append(len(of_units))
        return Features(np.concatenate(units), np.array(counts, dtype=np.int64), np.array(reviews))


def unit_rows(
    featurizer: Featurizer, items: Sequence[Labelled], head: SoftmaxHead, column: str
) -> tuple[Floats, Ints]:
    """Return unit features and labels for a unit head.

    A label of a whole feedback goes to its only unit or, if it has several, to the unit
    that the present head finds most likely to carry it. Mixed goes to none.
    """
    classes = head.weight.shape[1]
    chosen = [item for item in items if 0 <= getattr(item, column) < classes]
    wanted = np.array([getattr(item, column) for item in chosen], dtype=np.int64)
    if not chosen:
        return np.zeros((0, head.weight.shape[0]), np.float32), wanted
    found = featurizer.features(chosen)
    likely = head.probabilities(found.units)
    ends = np.cumsum(found.counts)
    rows = np.array(
        [
            start + int(likely[start:end, label].argmax())
            for start, end, label in zip(ends - found.counts, ends, wanted, strict=True)
        ],
        dtype=np.int64,
    )
    return found.units[rows], wanted


def review_rows(featurizer: Featurizer, items: Sequence[Labelled]) -> tuple[Floats, Ints]:
    """Return review features and labels for the review head: whole feedback only."""
    chosen = [item for item in items if not item.is_unit and item.sentiment >= 0]
    labels = np.array([item.sentiment for item in chosen], dtype=np.int64)
    if not chosen:
        return np.zeros((0, 1), np.float32), labels
    return featurizer.features(chosen).reviews, labels
