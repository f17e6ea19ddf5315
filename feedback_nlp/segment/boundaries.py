"""Between which clauses does a new point begin?"""

from __future__ import annotations

from typing import Protocol

import numpy as np

from feedback_nlp.segment.characters import Kind
from feedback_nlp.segment.clauses import ClauseTable
from feedback_nlp.segment.cues import Cues


class BoundaryModel(Protocol):
    """Scores the place after each clause but the last of a batch."""

    def score(self, table: ClauseTable) -> np.ndarray:
        """Return shape (c − 1,), float: above 0 a new unit begins. May be −inf, not NaN."""
        ...


class RuleBoundaries:
    """Cuts at list markers and line breaks, before contrasts and wishes, and where praise meets blame.

    Args:
        cues: The cue lexicon.
    """

    def __init__(self, cues: Cues) -> None:
        self._held = {name: 1 << bit for bit, name in enumerate(cues.held_names)}
        self._opening = {name: 1 << bit for bit, name in enumerate(cues.opening_names)}

    def score(self, table: ClauseTable) -> np.ndarray:
        """Return +1 where a rule cuts, else −1 plus a little for stronger punctuation."""
        held, opening = clause_cues(table)
        left, right = held[:-1], held[1:]
        good = self._held["praise"]
        bad = self._held["complaint"] | self._held["malfunction"]
        wish = self._held["wish"]
        turns = ((left & good > 0) & (left & bad == 0) & (right & bad > 0)) | (
            (left & bad > 0) & (right & good > 0) & (right & bad == 0)
        )
        contrast = (opening[1:] & self._opening["contrast"] > 0) & (left & (good | bad) > 0)
        wishes = (
            (opening[1:] & self._opening["wish_opening"] > 0)
            & (right & wish > 0)
            & (left & wish == 0)
        )
        listed = (table.marker[1:] > 0) | (table.gap[:-1] & (1 << Kind.MARK | 1 << Kind.BREAK) > 0)
        cut = turns | contrast | wishes | listed
        strong = table.gap[:-1] & (1 << Kind.STOP | 1 << Kind.EXCLAIM | 1 << Kind.ASK) > 0
        score: np.ndarray = np.where(cut, 1.0, -1.0) + 0.5 * strong * ~cut
        return score


def clause_cues(table: ClauseTable) -> tuple[np.ndarray, np.ndarray]:
    """Return the cue bits that each clause holds, and opens with: shape (c,), int64, twice."""
    count = table.start.size
    held = np.zeros(count, dtype=np.int64)
    opening = np.zeros(count, dtype=np.int64)
    matches = table.cues
    clause = np.searchsorted(table.start, matches.start, side="right") - 1
    inside = clause >= 0
    inside[inside] = matches.start[inside] < table.end[clause[inside]]
    clause = clause[inside]
    np.bitwise_or.at(held, clause, matches.held[inside])
    first = matches.start[inside] == table.start[clause]
    opening[clause[first]] = matches.opening[inside][first]
    return held, opening
