"""Units that no group holds, and which of the groups they may join."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from feedback_nlp.labels import TopicKind
from feedback_nlp.topics.groups import Group
from feedback_nlp.topics.joining import Marks, Voices, topics_by_neighbours
from feedback_nlp.topics.records import TopicUnit
from feedback_nlp.topics.scope import Placed

_MARKING_SAMPLE = 500
# Pairs of texts that are compared at most: of a million units, some 150,000 are in no group.
_PAIRS = 400_000_000
_FEWEST = 1_000


class LeftOver:
    """Finds groups for what is in none.

    Args:
        units: All units of the call.
        placed: Those in scope.
        text_of: (units,) index of the text of each, −1 for those out of scope.
        content: Returns the words of a text, by its index, that say something.
        sample_size: How many texts of the groups are compared with at most.
        are_letters: Letters join as they lie: whole texts say words of everything.
    """

    def __init__(
        self,
        units: Sequence[TopicUnit],
        placed: Placed,
        text_of: np.ndarray,
        content: Callable[[int], frozenset[str]],
        sample_size: int,
        *,
        are_letters: bool,
    ) -> None:
        self._units = units
        self._placed = placed
        self._text_of = text_of
        self._content = content
        self._sample_size = sample_size
        self._are_letters = are_letters

    def says_mark(
        self, groups: Sequence[Group], rows: np.ndarray, nearest: np.ndarray
    ) -> np.ndarray:
        """Tell which rows say a word that marks the group they lie nearest to: (n,) bool.

        Args:
            groups: Some groups.
            rows: (n,) of units in no group.
            nearest: (n,) index of the nearest group of each.
        """
        if self._are_letters:
            return np.ones(len(rows), bool)
        said: list[frozenset[str]] = []
        of: list[int] = []
        for index, group in enumerate(groups):
            texts = np.unique(self._text_of[group.rows])
            texts = texts[:: max(1, len(texts) // _MARKING_SAMPLE)]
            said += map(self._content, texts.tolist())
            of += [index] * len(texts)
        own = [self._content(text) for text in self._text_of[rows].tolist()]
        marks = Marks(own, said, of)
        pairs = zip(own, nearest.tolist(), strict=True)
        return np.array([marks.are_said(words, index) for words, index in pairs], bool)

    def by_neighbours(
        self, groups: Sequence[Group], assignment: np.ndarray, free: np.ndarray
    ) -> dict[int, np.ndarray]:
        """Return the rows that join each issue that some join, as those nearest to them are in it.

        Args:
            groups: All groups.
            assignment: Group of each unit of the call.
            free: Rows of units in no group.
        """
        inside = np.concatenate(
            [group.rows for group in groups if group.kind is not TopicKind.PRAISE] or [free[:0]]
        )
        if self._are_letters or not len(free) or not len(inside):
            return {}
        said, asked, said_by = np.unique(
            self._text_of[free], return_index=True, return_inverse=True
        )
        members, first = np.unique(self._text_of[inside], return_index=True)
        most = min(self._sample_size, max(_FEWEST, _PAIRS // len(said)))
        if len(members) > most:
            chosen = np.linspace(0, len(members) - 1, most).astype(np.int64)
            members, first = members[chosen], first[chosen]
        found = topics_by_neighbours(
            self._voices(said, free[asked]),
            self._voices(members, inside[first]),
            assignment[inside[first]].tolist(),
        )[said_by]
        return {
            index: free[found == index]
            for index, group in enumerate(groups)
            if group.kind is TopicKind.ISSUE and (found == index).any()
        }

    def _voices(self, texts: np.ndarray, rows: np.ndarray) -> Voices:
        return Voices(
            self._placed.vectors[texts],
            [self._content(text) for text in texts.tolist()],
            [
                self._units[row].author_key or f"one:{self._units[row].feedback_id}"
                for row in rows.tolist()
            ],
        )
