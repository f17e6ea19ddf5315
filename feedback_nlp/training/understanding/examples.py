"""Labelled text as the trainer takes it: reviews cut into units, with what is known of each."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

_NOT_WORDS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class Example:
    """One review, its units, and the labels that its source gives.

    Attributes:
        units: Texts of the units, in order; at least one.
        source: Name of the data set.
        review_labels: Review head → class index. A head that is absent is not trained.
        unit_labels: Unit head → class index of each unit, ``UNKNOWN`` where not labelled.
        soft_review: Review head → what a teacher says of the review: one probability a
            class. Mixed with the label if there is one.
        soft_units: The same for units: unit head → one row of probabilities a unit, or
            ``None`` for a unit the teacher did not see.
        weight: Relative weight in the loss.
        split: ``train`` or ``dev``; test rows never become examples of a training run.
        whole: The text as it was written, punctuation included; empty where the units are it.
    """

    units: tuple[str, ...]
    source: str
    review_labels: Mapping[str, int] = field(default_factory=dict)
    unit_labels: Mapping[str, Sequence[int]] = field(default_factory=dict)
    soft_review: Mapping[str, Sequence[float]] = field(default_factory=dict)
    soft_units: Mapping[str, Sequence[Sequence[float] | None]] = field(default_factory=dict)
    weight: float = 1.0
    split: str = "train"
    whole: str = ""

    @property
    def text(self) -> str:
        """The units joined; what the leak check compares."""
        return "".join(self.units)


def normalized(text: str) -> str:
    """Return ``text`` as the leak check sees it: NFKC, lower case, words only."""
    return _NOT_WORDS.sub("", unicodedata.normalize("NFKC", text).lower())


@dataclass(frozen=True, slots=True)
class LeakCheck:
    """Keeps test texts out of training, by normalised text.

    Attributes:
        banned: Normalised texts of all test rows.
    """

    banned: frozenset[str]

    @classmethod
    def of(cls, texts: Iterable[str]) -> LeakCheck:
        """Ban these texts. Texts without a word ban nothing."""
        return cls(frozenset(key for text in texts if (key := normalized(text))))

    def allows(self, example: Example) -> bool:
        """Tell whether the example is no test text, whole or as one of its units.

        A unit that equals a test text counts only if it is long enough to be somebody's
        (10 characters): 垃圾 is in every data set.
        """
        if normalized(example.text) in self.banned:
            return False
        return not any(
            len(key) >= 10 and key in self.banned for key in map(normalized, example.units)
        )

    def keep(self, examples: Iterable[Example]) -> list[Example]:
        """Return the examples that are no test text."""
        return [example for example in examples if self.allows(example)]
