"""The signal lexicon, compiled once: one automaton, two negation patterns."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from feedback_nlp.resources import read_tables

_LEXICON = "lexicons/signals.toml"

ANGER, CHURN, SEVERE, PRAISE, FAILURE, PHRASE = (1 << bit for bit in range(6))


@dataclass(frozen=True, slots=True)
class SignalLexicon:
    """Compiled words and patterns.

    Attributes:
        automaton: Finds the longest words, leftmost first.
        roles: Bits of what each word is a sign of, by pattern index; 0 shields.
        negated_before: Matches at the end of what stands before a word that it negates.
        over_after: Matches at the start of what stands after a word that is over.
        failure: Failures that are told by a number.
        contrast: A turn between praise and failure that makes both of them meant.
    """

    automaton: AhoCorasick
    roles: tuple[int, ...]
    negated_before: re.Pattern[str]
    over_after: re.Pattern[str]
    failure: re.Pattern[str]
    contrast: re.Pattern[str]


@cache
def load_lexicon() -> SignalLexicon:
    """Return the shipped lexicon.

    Raises:
        ArtifactError: If the file is missing.
    """
    sections = read_tables(_LEXICON)
    roles: dict[str, int] = {}
    for section, role in (("anger", ANGER), ("churn", CHURN), ("severe", SEVERE)):
        for words in sections[section].values():
            for word in words:
                roles[word] = roles.get(word, 0) | role
    sarcasm = sections["sarcasm"]
    for name, role in (("praise", PRAISE), ("failure", FAILURE), ("phrase", PHRASE)):
        for word in sarcasm[name]:
            roles[word] = roles.get(word, 0) | role
    for word in sections["harmless"]["words"]:
        roles[word] = 0
    negation = sections["negation"]
    return SignalLexicon(
        automaton=AhoCorasick(
            list(roles),
            matchkind=MatchKind.LeftmostLongest,
            implementation=Implementation.DFA,
        ),
        roles=tuple(roles.values()),
        negated_before=re.compile(
            f"(?:{_any_of(negation['before'])})(?:{_any_of(negation['fillers'])}){{0,3}}$"
        ),
        over_after=re.compile(
            f"(?:{_any_of(negation['after_fillers'])}){{0,3}}(?:{_any_of(negation['after'])})"
        ),
        failure=re.compile("|".join(sarcasm["failure_pattern"])),
        contrast=re.compile(_any_of(sarcasm["contrast"])),
    )


def _any_of(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True))
