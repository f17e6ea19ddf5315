"""Which trades the feedback is of, told by its own words, and when a seed issue fits it.

有异味 is a matter of shops and hotels; in a restaurant's reviews 味道 means taste. So a
seed issue counts only in its trades, and names a topic only if most of the topic's units
say one of the seed's own words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import islice

from feedback_nlp.errors import ArtifactError
from feedback_nlp.resources import read_word_list
from feedback_nlp.topics.inside import is_said
from feedback_nlp.topics.records import TopicUnit
from feedback_nlp.topics.seeds import SeedIssue

ANY = "*"
LEADING_TRADES = 0.3
"""A trade leads with at least this share of the feedback that the most frequent one has."""
_FILE = "topics/trades.tsv"
_FITS_SHARE = 0.04
# Where no trade leads, many are mixed: one of them is not much rarer than the others.
_MIXED_SHARE = 0.25
_CARRIED_SHARE = 0.5
# An app for devices with a shop speaks of three trades and is still one source.
_TRADES_OF_ONE = 3
_SAMPLE = 20_000


@dataclass(frozen=True, slots=True)
class SpokenTrades:
    """How much feedback speaks of each trade.

    Attributes:
        total: Feedback that was looked at.
        counts: How much of it speaks of a trade.
    """

    total: int
    counts: Mapping[str, int]

    def leading(self, share: float = 0.0) -> frozenset[str]:
        """Return the trades of which enough feedback speaks; several where it is mixed.

        Args:
            share: Only those that at least this share of the most frequent trade's feedback
                speaks of: a phone's reviews mention 软件 and 设备, and are of no app.
        """
        leader = max(self.counts.values(), default=0)
        enough = min(_FITS_SHARE * self.total, _MIXED_SHARE * leader)
        least = max(enough, share * leader)
        return frozenset(trade for trade, count in self.counts.items() if count >= least > 0)


def spoken_trades(units: Iterable[TopicUnit]) -> SpokenTrades:
    """Count the feedback that speaks of each trade; the units of one feedback are read together."""
    said: dict[int, list[str]] = {}
    for unit in units:
        said.setdefault(unit.feedback_id, []).append(unit.text)
    step = max(1, len(said) // _SAMPLE)
    texts = [" ".join(parts).lower() for parts in islice(said.values(), 0, None, step)]
    return SpokenTrades(
        len(texts),
        {
            trade: sum(pattern.search(text) is not None for text in texts)
            for trade, pattern in _patterns().items()
        },
    )


def trades_of(units: Iterable[TopicUnit], *, leading: float = 0.0) -> frozenset[str]:
    """Return the trades that :meth:`SpokenTrades.leading` finds in all units of a call."""
    return spoken_trades(units).leading(leading)


def variety_of(trades: frozenset[str]) -> float:
    """Return how many times the matters of one trade the feedback of such trades is about.

    Args:
        trades: Those that lead; an app for devices and its shop is one source still.

    Returns:
        At least 1.
    """
    return max(1.0, len(trades) / _TRADES_OF_ONE)


def fits(seed: SeedIssue, trades: frozenset[str]) -> bool:
    """Tell whether a seed issue is at home in one of these trades."""
    return ANY in seed.trades or not trades.isdisjoint(seed.trades)


def home_of(seed: SeedIssue, trades: frozenset[str]) -> str:
    """Return the code of what a seed issue is in these trades, or nothing."""
    return next((seed.elsewhere[trade] for trade in sorted(trades) if trade in seed.elsewhere), "")


def carries(seed: SeedIssue, texts: Sequence[str]) -> bool:
    """Tell whether most of these folded texts say one of the seed issue's own words."""
    speaking = sum(says(seed.words, text) for text in texts)
    return speaking >= _CARRIED_SHARE * len(texts) > 0


def says(words: Iterable[str], text: str) -> bool:
    """Tell whether a folded text says one of some words; ``a+b`` wants both.

    A word that only stands inside another one is not said: 冷 in 冷面 (:mod:`feedback_nlp.topics.inside`).
    """
    for word in words:  # no generators: lists of requests ask this a hundred thousand times
        if "+" in word:
            if all(is_said(part, text) for part in word.split("+")):
                return True
        elif word in text and is_said(word, text):
            return True
    return False


@cache
def _patterns() -> dict[str, re.Pattern[str]]:
    patterns = {}
    for line in read_word_list(_FILE):
        trade, _, words = line.partition("\t")
        if not words:
            raise ArtifactError(f"{_FILE} 有一行没有词：{line[:40]}", hint="写成：行业、制表符、词")
        patterns[trade] = re.compile("|".join(map(re.escape, words.split())))
    return patterns
