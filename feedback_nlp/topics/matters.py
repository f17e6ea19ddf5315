"""Matters that a trade's feedback is about again and again, told by their words alone.

What nobody says in one way may still be about one thing: a cluster of which half say 红绿灯,
信号灯 or 路口 is about crossings, whatever each wants of them. Where no words of the cluster's
own make a name, such a matter does, if its words are said much more there than elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache

from feedback_nlp.labels import TopicKind
from feedback_nlp.resources import read_columns
from feedback_nlp.topics.seeds import read_seed_issues
from feedback_nlp.topics.trades import ANY, says

_FILE = "topics/matters.tsv"
_SHARE = 0.5
_LIFT = 2.5
_MIN_TEXTS = 3


@dataclass(frozen=True, slots=True)
class Matter:
    """A matter of a trade.

    Attributes:
        code: Code of the seed issue it is, or ``""``.
        name: As an analyst writes it.
        trades: Where it is at home.
        words: What a text says that is about it, ``a+b`` for both.
    """

    code: str
    name: str
    trades: frozenset[str]
    words: tuple[str, ...]


class MatterFinder:
    """Tells which matters texts are about.

    Args:
        trades: What the feedback is about.
        background: Folded texts of all topics, or a fair sample.
        letters: Whether texts are whole letters: only these have matters of their own.
    """

    def __init__(
        self, trades: Collection[str], background: Sequence[str], *, letters: bool
    ) -> None:
        known = read_matters() if letters else seed_matters()
        self._matters = [matter for matter in known if not matter.trades.isdisjoint(trades)]
        total = max(len(background), 1)
        self._usual = [
            (1 + sum(says(matter.words, text) for text in background)) / total
            for matter in self._matters
        ]

    @property
    def words(self) -> frozenset[str]:
        """All words that these trades' matters are told by."""
        return frozenset(
            part for matter in self._matters for word in matter.words for part in word.split("+")
        )

    def names(self, texts: Sequence[str], resembled: Collection[str] = ("",)) -> list[str]:
        """Return the names of the matters that mark a cluster, the strongest first.

        Args:
            texts: Folded texts of the cluster.
            resembled: Codes of the seed issues that it resembles most; words alone tell
                what a matter is about, not what is wrong with it.
        """
        scored = []
        for matter, usual in zip(self._matters, self._usual, strict=True):
            hits = sum(says(matter.words, text) for text in texts)
            share = hits / max(len(texts), 1)
            if matter.code not in resembled:
                continue
            if hits >= _MIN_TEXTS and share >= _SHARE and share >= _LIFT * usual:
                scored.append((-share * math.log(share / usual), matter.name))
        return [name for _, name in sorted(scored)]


@cache
def read_matters() -> tuple[Matter, ...]:
    """Read the shipped matters of letters.

    Raises:
        ArtifactError: If the file is missing or a line has not its three columns.
    """
    return tuple(
        Matter("", name, frozenset((trade,)), tuple(words.lower().split()))
        for trade, name, words in read_columns(_FILE, 3)
    )


@cache
def seed_matters() -> tuple[Matter, ...]:
    """Return the seed issues that are of certain trades, by their words."""
    return tuple(
        Matter(seed.code, seed.name, seed.trades, seed.words)
        for seed in read_seed_issues()
        if seed.kind is TopicKind.ISSUE and ANY not in seed.trades
    )
