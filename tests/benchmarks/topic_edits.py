"""Fifty simulated edits: what people teach must reach the units nobody touched.

A person is played who knows the issue codes of the *train* reviews. A topic is of a code
if most of its labelled units, and at least two, are of that code, and no other topic has
more of it. Topics of a code that another topic has more of are merged into that one;
labelled units in a topic of another code are moved, drawn at random. A unit that speaks of
several issues is left alone. One edit is one command of ``feedback-nlp topics``: ``move``
takes one unit or several, so both are measured.

The shipped metric has learned these very codes, and few units are left to move; so the
figures that count start from a metric of the seed issues alone, which has seen none of them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from feedback_nlp.topics import KnownTopic
from tests.benchmarks.topic_bench import SEED, Bench, Gold, Ledger, gold_units, score

EDITS = 50
DRAWS = 5
_PURE = 0.5
_HOME = 0.4
_LABELLED = 2


@dataclass(frozen=True)
class Edits:
    """Edits in order, each the units and the topic they go to; the first ones are merges."""

    moves: Sequence[tuple[frozenset[int], str]]
    merges: int

    def applied(self, known: Sequence[KnownTopic]) -> tuple[KnownTopic, ...]:
        """Do what the store does: place the units, and keep them out of where they were."""
        topics = {topic.topic_id: topic for topic in known}
        for units, target in self.moves:
            for topic_id, topic in topics.items():
                if topic_id == target:
                    topics[topic_id] = replace(
                        topic,
                        members=topic.members | units,
                        pinned_members=topic.pinned_members | units,
                        banned_members=topic.banned_members - units,
                    )
                else:
                    topics[topic_id] = replace(
                        topic,
                        members=topic.members - units,
                        pinned_members=topic.pinned_members - units,
                        banned_members=topic.banned_members | (units & topic.members),
                    )
        return tuple(topic for topic in topics.values() if topic.members)


def draw_edits(
    known: Sequence[KnownTopic],
    topic_of: Mapping[int, str],
    gold: Gold,
    random: np.random.Generator,
    *,
    several_units: bool,
) -> Edits:
    """Draw edits; ``several_units`` makes one edit of all strays between two topics."""
    code_of: dict[int, set[str]] = {}
    for split, code, row in gold:
        if split == "train" and row >= 0:
            code_of.setdefault(row, set()).add(code)
    labelled = sorted((row, min(codes)) for row, codes in code_of.items() if len(codes) == 1)
    inside: dict[str, Counter[str]] = {}
    for row, code in labelled:
        if row in topic_of:
            inside.setdefault(topic_of[row], Counter())[code] += 1
    main = {topic: counts.most_common(1)[0] for topic, counts in inside.items()}
    home: dict[str, str] = {}
    for topic, (code, count) in sorted(main.items(), key=lambda item: (-item[1][1], item[0])):
        if count >= _LABELLED and count >= _HOME * inside[topic].total():
            home.setdefault(code, topic)
    members = {topic.topic_id: topic.members for topic in known}
    merged = {
        topic: home[code]
        for topic, (code, count) in sorted(main.items())
        if home.get(code, topic) != topic
        and count >= _LABELLED
        and count >= _PURE * inside[topic].total()
    }
    strays: dict[tuple[str, str], set[int]] = {}
    for row, code in labelled:
        now = topic_of.get(row, "")
        if code in home and now != home[code] and now not in merged:
            key = now if several_units else str(row)
            strays.setdefault((key, home[code]), set()).add(row)
    chosen = [(frozenset(rows), target) for (_, target), rows in strays.items()]
    merges = [(members[topic], target) for topic, target in merged.items()][: EDITS // 2]
    order = random.permutation(len(chosen))[: EDITS - len(merges)]
    return Edits([*merges, *(chosen[index] for index in order)], len(merges))


def edits(bench: Bench) -> dict[str, Any]:
    """Measure both kinds of moves from both metrics."""
    figures: dict[str, Any] = {}
    for name, start in (("from_seeds", bench.untrained()), ("from_shipped", bench)):
        ledger = Ledger()
        topic_of, _ = ledger.refit(start, start.apps.units, start.apps.embeddings)
        same, _ = Ledger(ledger.born, ledger.known).refit(
            start, start.apps.units, start.apps.embeddings
        )
        gold = gold_units(start)
        figures[name] = {
            "test_before": score(gold, numbered(start, topic_of), "test"),
            "test_refitted_without_edits": score(gold, numbered(start, same), "test"),
            "one_unit_a_move": _draws(start, ledger, topic_of, several_units=False),
            "several_units_a_move": _draws(start, ledger, topic_of, several_units=True),
        }
    return figures


def _draws(
    bench: Bench, before: Ledger, topic_of: Mapping[int, str], *, several_units: bool
) -> dict[str, Any]:
    corpus, gold = bench.apps, gold_units(bench)
    drawn: list[dict[str, float]] = []
    for draw in range(DRAWS):
        random = np.random.default_rng(SEED + draw)
        made = draw_edits(before.known, topic_of, gold, random, several_units=several_units)
        known = made.applied(before.known)
        placed = {unit: topic.topic_id for topic in known for unit in topic.pinned_members}
        edited = {unit: topic.topic_id for topic in known for unit in topic.members}
        ledger = Ledger(before.born, known)
        after, _ = ledger.refit(bench, corpus.units, corpus.embeddings)
        again, _ = ledger.refit(bench, corpus.units, corpus.embeddings)
        untouched = [row for row in gold if row[2] not in placed]
        drawn.append(
            {
                "edits": len(made.moves),
                "merges": made.merges,
                "units_placed": len(placed),
                "undone": sum(
                    later.get(unit) != topic
                    for unit, topic in placed.items()
                    for later in (after, again)
                ),
                "units_that_followed": sum(after.get(u) != t for u, t in edited.items()),
                "changed_at_the_next_refit": sum(again.get(u) != t for u, t in after.items()),
                "test_after": score(gold, numbered(bench, after), "test")["f1"],
                "untouched_train_before": score(untouched, numbered(bench, topic_of), "train")[
                    "f1"
                ],
                "untouched_train_after": score(untouched, numbered(bench, after), "train")["f1"],
            }
        )
    return {
        key: _spread([draw[key] for draw in drawn]) if "_" in key else [d[key] for d in drawn]
        for key in drawn[0]
    }


def _spread(values: Sequence[float]) -> dict[str, float]:
    return {
        "mean": round(float(np.mean(values)), 4),
        "deviation": round(float(np.std(values)), 4),
        "least": round(float(min(values)), 4),
        "most": round(float(max(values)), 4),
    }


def numbered(bench: Bench, topic_of: Mapping[int, str]) -> np.ndarray:
    """Return a number of the topic of every unit, −1 for none."""
    number = {topic: index for index, topic in enumerate(sorted(set(topic_of.values())))}
    return np.array([number.get(topic_of.get(u.unit_id, ""), -1) for u in bench.apps.units])
