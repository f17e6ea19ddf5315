"""Turns groups of units into topics: names, keywords, quotes, centroids, themes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cached_property

import numpy as np

from feedback_nlp.chinese import Tokenizer, fold
from feedback_nlp.config import TopicsConfig
from feedback_nlp.labels import Intent, TopicKind
from feedback_nlp.topics.clauses import ClauseReader, nicknames_in, without_asides
from feedback_nlp.topics.clustering import centroids_of
from feedback_nlp.topics.documents import Documents
from feedback_nlp.topics.graph import nearest_centroids, row_cosine
from feedback_nlp.topics.groups import Group
from feedback_nlp.topics.left_over import LeftOver
from feedback_nlp.topics.matters import MatterFinder
from feedback_nlp.topics.phrase_names import NamedUnit, PhraseNamer, unique_name
from feedback_nlp.topics.phrases import MentionFinder
from feedback_nlp.topics.quotes import choose_telling_rows
from feedback_nlp.topics.records import UNASSIGNED, Topic, TopicResult, TopicUnit
from feedback_nlp.topics.scope import Placed
from feedback_nlp.topics.seeds import read_seed_issues, seed_named
from feedback_nlp.topics.themes import group_themes
from feedback_nlp.topics.trades import (
    LEADING_TRADES,
    carries,
    fits,
    trades_of,
    variety_of,
)
from feedback_nlp.topics.twins import find_twins, told_apart
from feedback_nlp.topics.vent import VENT_CHARACTERS, names_nothing, vent_of
from feedback_nlp.topics.words import TopicWords

_NAMING_SAMPLE = 5_000
_NAMING_UNITS = 150
_QUOTE_POOL = 500
_RESEMBLED = 3
_LOOSEST = 0.25
_RANK = {TopicKind.ISSUE: 0, TopicKind.VENT: 1, TopicKind.PRAISE: 2}


class Describer:
    """Describes groups of one call's units.

    Args:
        units: All units of the call.
        placed: Those in scope.
        documents: What of them was clustered; a long document is named as a whole.
        tokenizer: Tags Chinese.
        words: The word lists.
        config: How many keywords, and what is near.
        codes: Codes of the metric, in the order of the placed scores.
    """

    def __init__(
        self,
        units: Sequence[TopicUnit],
        placed: Placed,
        documents: Documents,
        tokenizer: Tokenizer,
        words: TopicWords,
        config: TopicsConfig,
        codes: Sequence[str],
    ) -> None:
        self._codes = codes
        self._units = units
        self._config = config
        self._placed = placed
        self._tokenizer = tokenizer
        self._finder = MentionFinder(words, {unit.product for unit in units})
        self._words = words
        self._reader = ClauseReader(
            words.stops, words.problems, words.objects, self._finder.products
        )
        self._seen: dict[int, NamedUnit] = {}
        self._nicknames = nicknames_in(unit.text for unit in units)
        self._seeds = {seed.code: seed for seed in read_seed_issues()}
        self._trades = trades_of(units, leading=LEADING_TRADES)
        self._text_of = np.full(len(units), -1, np.int64)
        self._text_of[placed.rows] = placed.text_of
        self._documents = documents
        self._document_of = np.full(len(units), -1, np.int64)
        if documents.is_long:
            self._document_of[placed.rows] = documents.of_row
        self._left_over = LeftOver(
            units,
            placed,
            self._text_of,
            self._content,
            config.sample_size,
            are_letters=documents.is_long,
        )

    def describe(self, groups: Sequence[Group]) -> TopicResult:
        """Name, quote and order the groups; one that shares nothing nameable is let go."""
        groups = sorted(
            groups,
            key=lambda g: (
                _RANK[g.kind],
                -len({self._units[row].feedback_id for row in g.rows.tolist()}),
                min(self._placed.texts[text] for text in self._text_of[g.rows].tolist()),
            ),
        )
        assignment, centroids, similarity = self._measured(groups)
        resembled = [self._resembled(group) for group in groups]
        candidates, keywords = self._candidates(groups, similarity, resembled)
        most = [next(iter(codes), "") for codes in resembled]
        twin_of = find_twins(groups, candidates, most, centroids)
        candidates = told_apart(groups, candidates, twin_of)
        kept = [i for i, found in enumerate(candidates) if found and i not in twin_of]
        names = self._names([groups[i] for i in kept], [candidates[i] for i in kept])
        if len(kept) < len(groups):
            groups = self._without(groups, kept, twin_of, assignment, centroids, similarity)
            keywords = [keywords[index] for index in kept]
        groups = self._with_vents(groups)
        assignment, centroids, similarity = self._measured(groups)
        # What joins last shapes nothing: neither the middle of a topic nor its quotes.
        quotes = [
            self._quotes(group, similarity, centroids[index]) for index, group in enumerate(groups)
        ]
        joining = self._left_over.by_neighbours(groups, assignment, self._free(groups))
        groups = [
            self._joined(group, joining[index]) if index in joining else group
            for index, group in enumerate(groups)
        ]
        assignment = self._assigned(groups)
        similarity = self._similarity(assignment, centroids)
        issues = [index for index, group in enumerate(groups) if group.kind is TopicKind.ISSUE]
        themes, theme_of = group_themes(
            [names[index] for index in issues],
            [groups[index].seed_code for index in issues],
            centroids[issues],
            self._config.theme_min_similarity,
        )
        topics = tuple(
            Topic(
                topic_id=group.topic_id,
                name=names[index],
                keywords=keywords[index],
                kind=group.kind,
                theme=theme_of[index] if group.kind is TopicKind.ISSUE else -1,
                centroid=centroids[index],
                quotes=quotes[index],
                member_count=len(group.rows),
                cohesion=float(similarity[group.rows].mean()),
                seed_code=group.seed_code,
            )
            for index, group in enumerate(groups)
        )
        return TopicResult(topics, themes, assignment, similarity, centroids)

    def _measured(self, groups: Sequence[Group]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return the group of each unit, the centroids, and how near each unit is to its own."""
        assignment = self._assigned(groups)
        centroids = self._centroids(assignment, len(groups))
        return assignment, centroids, self._similarity(assignment, centroids)

    def _without(
        self,
        groups: Sequence[Group],
        kept: Sequence[int],
        twin_of: Mapping[int, int],
        assignment: np.ndarray,
        centroids: np.ndarray,
        similarity: np.ndarray,
    ) -> list[Group]:
        """Keep some groups; twins join theirs, of the rest each unit the nearest one if near.

        Near is what lies as near as most of that one's own units. Nothing joins praise.
        """
        rows_of = [group.rows for group in groups]
        for twin, other in twin_of.items():
            rows_of[other] = np.sort(np.concatenate([rows_of[other], groups[twin].rows]))
        remaining = [replace(groups[index], rows=rows_of[index]) for index in kept]
        issues = [i for i, group in enumerate(remaining) if group.kind is not TopicKind.PRAISE]
        placed = [*kept, *twin_of]
        lost = np.flatnonzero((assignment >= 0) & ~np.isin(assignment, placed))
        if not issues or not len(lost):
            return remaining
        places = centroids[[kept[index] for index in issues]]
        nearest, cosine = nearest_centroids(self._placed.vectors[self._text_of[lost]], places)
        says_mark = self._left_over.says_mark([remaining[i] for i in issues], lost, nearest)
        for position, index in enumerate(issues):
            floor = max(
                self._config.assign_min_similarity,
                float(np.quantile(similarity[groups[kept[index]].rows], _LOOSEST)),
            )
            joined = lost[(nearest == position) & (cosine >= floor) & says_mark]
            remaining[index] = self._joined(remaining[index], joined)
        return remaining

    def _with_vents(self, groups: Sequence[Group]) -> list[Group]:
        """Let units that are in no group and name nothing join venting, or wishing at large."""
        vents = {}
        for index, group in enumerate(groups):
            seed = self._seeds.get(group.seed_code) or seed_named(group.name)
            if group.kind is TopicKind.VENT and seed is not None:
                vents[seed.code] = index
        joined = list(groups)
        if self._documents.is_long or not vents:
            return joined
        found: dict[int, list[int]] = {}
        for row in self._free(groups).tolist():
            code, text = vent_of([self._units[row].intent]), int(self._text_of[row])
            if (
                code in vents
                and len(self._placed.texts[text]) <= VENT_CHARACTERS
                and self._names_nothing(self._read(text))
            ):
                found.setdefault(vents[code], []).append(row)
        for index, rows in found.items():
            joined[index] = self._joined(joined[index], np.array(rows, np.int64))
        return joined

    def _free(self, groups: Sequence[Group]) -> np.ndarray:
        """Return the rows that speak of an issue and are in no group."""
        is_free = self._assigned(groups)[self._placed.rows] == UNASSIGNED
        rows: np.ndarray = self._placed.rows[is_free & self._placed.is_issue]
        return rows

    def _content(self, text: int) -> frozenset[str]:
        """Return the words of a text that say something."""
        return self._words.content(self._tokenizer.cut(self._placed.texts[text]))

    def _names_nothing(self, unit: NamedUnit) -> bool:
        return names_nothing(unit.text, unit.mentions, unit.tagged, self._reader)

    def _joined(self, group: Group, rows: np.ndarray) -> Group:
        """Add rows to a group, but for those that people took out of it."""
        allowed = [row for row in rows.tolist() if self._units[row].unit_id not in group.banned]
        return replace(
            group, rows=np.sort(np.concatenate([group.rows, np.array(allowed, np.int64)]))
        )

    def _assigned(self, groups: Sequence[Group]) -> np.ndarray:
        assignment = np.full(len(self._units), UNASSIGNED, np.int32)
        for index, group in enumerate(groups):
            assignment[group.rows] = index
        return assignment

    def _centroids(self, assignment: np.ndarray, count: int) -> np.ndarray:
        """Mean directions, summed in the order of the texts: no order of rows shows in them."""
        rows = np.flatnonzero(assignment >= 0)
        rows = rows[np.argsort(self._text_of[rows], kind="stable")]
        centroids = centroids_of(self._placed.vectors, assignment[rows], self._text_of[rows])
        padded = np.zeros((count, self._placed.vectors.shape[1]), np.float32)
        padded[: len(centroids)] = centroids
        return padded

    def _similarity(self, assignment: np.ndarray, centroids: np.ndarray) -> np.ndarray:
        return row_cosine(self._placed.vectors, centroids, assignment, self._text_of)

    def _central(self, group: Group, similarity: np.ndarray) -> np.ndarray:
        """Return the rows of a group, the most central first, each text once."""
        order = np.lexsort((self._text_of[group.rows], -similarity[group.rows]))
        rows = group.rows[order]
        _, first = np.unique(self._text_of[rows], return_index=True)
        central: np.ndarray = rows[np.sort(first)]
        return central

    def _quotes(
        self, group: Group, similarity: np.ndarray, centroid: np.ndarray
    ) -> tuple[int, ...]:
        rows = self._central(group, similarity)[:_QUOTE_POOL]
        stating = [self._units[row].intent is not Intent.QUESTION for row in rows.tolist()]
        if any(stating) and group.kind is TopicKind.ISSUE:
            rows = rows[stating]
        chosen = choose_telling_rows(
            [self._units[row].text for row in rows.tolist()],
            [self._units[row].feedback_id for row in rows.tolist()],
            self._placed.vectors[self._text_of[rows]],
            centroid,
        )
        return tuple(self._units[rows[row]].unit_id for row in chosen)

    def _candidates(
        self,
        groups: Sequence[Group],
        similarity: np.ndarray,
        resembled: Sequence[Sequence[str]],
    ) -> tuple[list[list[str]], list[tuple[str, ...]]]:
        """Return possible names of each group, best first, and its keywords.

        Args:
            groups: The largest first.
            similarity: Of each unit to its group.
            resembled: Codes of the known issues that each group resembles most.
        """
        issue_rows = self._placed.rows[self._placed.is_issue].tolist()
        issue_rows.sort(key=lambda row: (self._text_of[row], self._units[row].intent.value))
        background = self._named(issue_rows, _NAMING_SAMPLE)
        namer = PhraseNamer(background, self._finder, self._words)
        matters = MatterFinder(
            self._trades, [unit.text for unit in background], letters=self._documents.is_long
        )
        found, keywords = [], []
        for group, codes in zip(groups, resembled, strict=True):
            members = self._named(self._central(group, similarity).tolist(), _NAMING_UNITS)
            keywords.append(tuple(namer.keywords(members, group.terms, self._config.keyword_count)))
            is_carried = self._is_carried(group, members)
            kept = [group.name] if group.topic_id is not None else []
            if kept and (is_carried or group.keeps_name):
                found.append(kept)
            elif (
                group.name
                and group.topic_id is None
                and is_carried
                and not namer.speaks_of_something_else(members, group.seed_code)
            ):
                found.append([group.name])
            elif self._documents.is_long:
                said = [unit.text for unit in members]
                own, usual = namer.long_candidates(members), matters.names(said)
                found.append(
                    (own + usual if namer.is_event(members, matters.words) else usual + own) or kept
                )
            else:
                said = [unit.text for unit in members]
                found.append(namer.candidates(members) or matters.names(said, codes) or kept)
        return found, keywords

    def _names(self, groups: Sequence[Group], candidates: Sequence[Sequence[str]]) -> list[str]:
        """Give each group the best name that no other has; a carried one keeps its own."""
        taken = {group.name for group in groups if group.topic_id is not None}
        return [
            group.name
            if group.topic_id is not None and found == [group.name]
            else unique_name(found, taken)
            for group, found in zip(groups, candidates, strict=True)
        ]

    def _is_carried(self, group: Group, members: Sequence[NamedUnit]) -> bool:
        """Tell whether a group may have the name of a seed issue; any other name it may."""
        seed = self._seeds.get(group.seed_code) if group.topic_id is None else None
        seed = seed or seed_named(group.name)
        if seed is None or seed.kind is not TopicKind.ISSUE or group.kind is not TopicKind.ISSUE:
            return True
        if group.topic_id is None and not fits(seed, self._trades_of(group)):
            return False
        return carries(seed, [unit.text for unit in members])

    def _resembled(self, group: Group) -> list[str]:
        """Return the codes of the seed issues of these trades that a group resembles most."""
        means = self._placed.scores[self._text_of[group.rows]].mean(axis=0)
        trades = self._trades_of(group)
        return [
            code
            for column, code in sorted(enumerate(self._codes), key=lambda pair: -means[pair[0]])
            if means[column] > 0 and code in self._seeds and fits(self._seeds[code], trades)
        ][:_RESEMBLED]

    def _trades_of(self, group: Group) -> frozenset[str]:
        """Return the trades of a group: where many trades are mixed, those its own feedback is of."""
        if variety_of(self._trades) <= 1:
            return self._trades
        said = dict.fromkeys(self._units[row].feedback_id for row in group.rows.tolist())
        own = trades_of(
            (unit for feedback in said for unit in self._said_with[feedback]),
            leading=LEADING_TRADES,
        )
        return (own & self._trades) or self._trades

    @cached_property
    def _said_with(self) -> Mapping[int, list[TopicUnit]]:
        """All units of each feedback."""
        found: dict[int, list[TopicUnit]] = {}
        for unit in self._units:
            found.setdefault(unit.feedback_id, []).append(unit)
        return found

    def _named(self, rows: Sequence[int], limit: int) -> list[NamedUnit]:
        """Return what rows mention, each document once, evenly thinned to ``limit``."""
        first: dict[int, int] = {}
        for row in rows:
            document = int(self._document_of[row])
            first.setdefault(-1 - document if document >= 0 else int(self._text_of[row]), row)
        step = max(1, -(-len(first) // limit))
        return [
            replace(self._read(key), intent=self._units[row].intent)
            for key, row in list(first.items())[::step]
        ]

    def _read(self, key: int) -> NamedUnit:
        """Return a text, or a long document for a negative key, as the naming sees it."""
        if key not in self._seen:
            said = without_asides(self._said(key), self._nicknames)
            tagged = tuple(self._tokenizer.tag(said))
            self._seen[key] = NamedUnit(said, self._finder.find(said, tagged), Intent.OTHER, tagged)
        return self._seen[key]

    def _said(self, key: int) -> str:
        return self._placed.texts[key] if key >= 0 else fold(self._documents.texts[-1 - key])
