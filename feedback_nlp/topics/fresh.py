"""A fresh clustering of units: anchors, then BERTopic around our graph clustering, then settling."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from feedback_nlp.chinese import Tokenizer
from feedback_nlp.config import TopicsConfig
from feedback_nlp.labels import Intent, TopicKind
from feedback_nlp.topics.anchors import anchor_labels
from feedback_nlp.topics.bertopic_model import fit_bertopic
from feedback_nlp.topics.clauses import ClauseReader, small_words
from feedback_nlp.topics.clustering import GraphClustering, centroids_of
from feedback_nlp.topics.directions import unit_rows
from feedback_nlp.topics.documents import Documents
from feedback_nlp.topics.graph import nearest_centroids, row_cosine
from feedback_nlp.topics.lexical import rare_ngrams
from feedback_nlp.topics.matter import says_nothing
from feedback_nlp.topics.phrases import MentionFinder
from feedback_nlp.topics.praise import praised_aspect, praises
from feedback_nlp.topics.records import UNASSIGNED, TopicUnit
from feedback_nlp.topics.scope import Placed
from feedback_nlp.topics.seeds import read_seed_issues
from feedback_nlp.topics.trades import ANY, carries, fits, home_of
from feedback_nlp.topics.vent import (
    GENERAL_VENT,
    VENT_CHARACTERS,
    is_vent,
    names_nothing,
    vent_of,
)
from feedback_nlp.topics.words import TopicWords

_LOOSE_SHARE = 0.15
_LOOSE_RESOLUTION = 4.0
_LOOSE_LONG_SHARE = 0.05
_CLEAR = 1.5
_LABELLED_TRADES = frozenset({"app", "device", "shop", ANY})


@dataclass(frozen=True)
class Cluster:
    """One fresh cluster.

    Attributes:
        kind: Its kind.
        code: Issue code of the metric that anchors it, or ``""``.
        name: Name of the seed issue or praised aspect, or ``""``.
        terms: Its terms by class-based TF-IDF, strongest first.
    """

    kind: TopicKind
    code: str = ""
    name: str = ""
    terms: tuple[str, ...] = ()


class FreshClustering:
    """Clusters units without regard to what was known before.

    Args:
        config: Thresholds and seeds.
        tokenizer: Cuts Chinese.
        words: The word lists.
        codes: Codes of the metric, in the order of the documents' scores.
        trades: What the feedback is about: only seed issues of these trades are anchors.
        products: Names of products; these are no things to complain of.
        variety: How many times the matters of one trade the feedback is about.
    """

    def __init__(
        self,
        config: TopicsConfig,
        tokenizer: Tokenizer,
        words: TopicWords,
        codes: Sequence[str],
        trades: frozenset[str],
        products: Iterable[str] = (),
        variety: float = 1.0,
    ) -> None:
        self._config = config
        self._variety = variety
        self._tokenizer = tokenizer
        self._words = words
        self._codes = list(codes)
        self._finder = MentionFinder(words, products)
        self._reader = ClauseReader(
            words.stops, words.problems, words.objects, self._finder.products
        )
        self._seeds = {seed.code: seed for seed in read_seed_issues()}
        self._home = {
            column: home_of(self._seeds[code], trades)
            for column, code in enumerate(codes)
            if code in self._seeds and not fits(self._seeds[code], trades)
        }

    def cluster(
        self, units: Sequence[TopicUnit], placed: Placed, documents: Documents
    ) -> tuple[np.ndarray, list[Cluster]]:
        """Cluster the units in scope.

        Args:
            units: All units of the call.
            placed: Those in scope.
            documents: What of them is clustered.

        Returns:
            (n,) cluster of each unit, −1 for none; and the clusters.
        """
        labels = np.full(len(units), UNASSIGNED, np.int64)
        clusters: list[Cluster] = []
        if documents.texts:
            found, terms = self._cluster_documents(documents, self._asked(units, placed, documents))
            inside = documents.of_row >= 0
            rows, raw = placed.rows[inside], found[documents.of_row[inside]]
            for label in np.unique(raw[raw >= 0]).tolist():
                code = self._codes[label] if label < len(self._codes) else ""
                seed = self._seeds.get(code)
                labels[rows[raw == label]] = len(clusters)
                clusters.append(
                    Cluster(
                        seed.kind if seed else TopicKind.ISSUE,
                        code,
                        seed.name if seed else "",
                        terms.get(label, ()),
                    )
                )
        aspects: dict[str, list[int]] = {}
        for row, text, document in zip(
            placed.rows.tolist(), placed.text_of.tolist(), documents.of_row.tolist(), strict=True
        ):
            if document < 0 and praises(units[row], placed.texts[text]):
                aspects.setdefault(praised_aspect(placed.texts[text]), []).append(row)
        for aspect, members in sorted(aspects.items()):
            if len(members) >= self._config.min_topic_size:
                labels[members] = len(clusters)
                clusters.append(Cluster(TopicKind.PRAISE, name=aspect))
        return labels, clusters

    def _cluster_documents(
        self, documents: Documents, asked: Sequence[frozenset[Intent]]
    ) -> tuple[np.ndarray, dict[int, tuple[str, ...]]]:
        """Label documents; labels below the number of codes are anchors."""
        config, vectors = self._config, self.at_home_vectors(documents)
        anchors = self.anchors(documents)
        self._anchor_vents(anchors, documents, asked)
        count = len(documents.texts)
        sample = np.linspace(0, count - 1, min(count, config.sample_size)).astype(np.int64)
        texts = [documents.texts[row] for row in sample.tolist()]
        clustering = GraphClustering(
            neighbours=config.neighbours,
            resolution=config.long_resolution if documents.is_long else config.resolution,
            variety=self._variety,
            runs=config.consensus_runs,
            seed=config.seed,
            names=rare_ngrams(texts) if documents.is_long else None,
        )
        fitted = fit_bertopic(texts, vectors[sample], anchors[sample], clustering, self._terms)
        # The clustering numbers new clusters from the largest anchor of the sample on.
        shift = len(self._codes) - (int(anchors[sample].max(initial=-1)) + 1)
        is_new = anchors[sample] < 0
        sampled = np.where(is_new, fitted.labels + shift, fitted.labels)
        terms = {
            (label + shift if new else label): fitted.keywords[label]
            for label, new in zip(fitted.labels.tolist(), is_new.tolist(), strict=True)
        }
        labels = anchors.astype(np.int64)
        labels[sample] = sampled
        rest = np.flatnonzero(labels < 0)
        if len(rest):
            centroids = centroids_of(vectors[sample], sampled)
            labels[rest], _ = nearest_centroids(vectors, centroids, rest)
        settled = self._settle(labels, documents, vectors)
        if not documents.is_long:
            self._look_again(settled, vectors, documents.counts)
        return settled, terms

    def _look_again(self, labels: np.ndarray, vectors: np.ndarray, counts: np.ndarray) -> None:
        """Cluster among themselves what lies too far from every topic: small matters are there.

        Beside the large ones they are noise; on a graph of their own they find each other.
        """
        free = np.flatnonzero(labels == UNASSIGNED)
        if len(free) > self._config.sample_size:
            return
        again = GraphClustering(
            neighbours=self._config.neighbours,
            resolution=_LOOSE_RESOLUTION,
            runs=self._config.consensus_runs,
            seed=self._config.seed,
        )
        found = again.fit(vectors[free]).labels_.astype(np.int64)
        is_large = np.bincount(found, weights=counts[free]) >= self._config.min_topic_size
        first = max(len(self._codes), int(labels.max(initial=-1)) + 1)
        labels[free] = np.where(is_large[found], first + found, UNASSIGNED)

    def anchors(self, documents: Documents) -> np.ndarray:
        """Return the code of each document that is clearly a known issue, −1 for the others."""
        if documents.is_long:
            return np.full(len(documents.texts), -1, np.int32)
        kinds = [seed.kind if (seed := self._seeds.get(c)) else None for c in self._codes]
        scores = self.at_home(documents.scores)
        anchors = anchor_labels(
            scores,
            documents.counts,
            vents=[column for column, kind in enumerate(kinds) if kind is TopicKind.VENT],
            min_score=self._config.anchor_min_score,
            min_size=self._config.min_topic_size,
        )
        self._unsaid(anchors, documents, scores)
        if GENERAL_VENT in self._codes:
            vent = self._codes.index(GENERAL_VENT)
            for row in np.flatnonzero(anchors < 0).tolist():
                if len(documents.texts[row]) <= VENT_CHARACTERS and is_vent(
                    self._tokenizer.cut(documents.texts[row]), self._words
                ):
                    anchors[row] = vent
        return anchors

    @staticmethod
    def _asked(
        units: Sequence[TopicUnit], placed: Placed, documents: Documents
    ) -> list[frozenset[Intent]]:
        """Return what each document is for, as its units were read."""
        asked: list[set[Intent]] = [set() for _ in documents.texts]
        for row, document in zip(placed.rows.tolist(), documents.of_row.tolist(), strict=True):
            if document >= 0:
                asked[document].add(units[row].intent)
        return list(map(frozenset, asked))

    def _anchor_vents(
        self, anchors: np.ndarray, documents: Documents, asked: Sequence[frozenset[Intent]]
    ) -> None:
        """Make venting of what says nothing, or names only the whole: 有没有搞错, 非常差的酒店.

        It would gather around the whole, and draw what is said of the whole with it.
        """
        if documents.is_long:
            return
        wholes = small_words("wholes")
        for row in np.flatnonzero(anchors < 0).tolist():
            code, text = vent_of(asked[row]), documents.texts[row]
            if code not in self._codes or len(text) > VENT_CHARACTERS:
                continue
            if not (says_nothing(text) or any(whole in text for whole in wholes)):
                continue
            tagged = self._tokenizer.tag(text)
            if names_nothing(text, self._finder.find(text, tagged), tagged, self._reader):
                anchors[row] = self._codes.index(code)

    def _unsaid(self, anchors: np.ndarray, documents: Documents, scores: np.ndarray) -> None:
        """Take back anchors that are neither clear nor say one of their issue's own words.

        Labelled rows taught the metric the issues of apps and shops; of those of other
        trades it knows some phrasings, and takes much for them that only sounds alike.
        """
        for row in np.flatnonzero(anchors >= 0).tolist():
            seed = self._seeds.get(self._codes[anchors[row]])
            if (
                seed is not None
                and seed.words
                and _LABELLED_TRADES.isdisjoint(seed.trades)
                and scores[row, anchors[row]] < _CLEAR * self._config.anchor_min_score
                and not carries(seed, [documents.texts[row]])
            ):
                anchors[row] = -1

    def at_home(self, scores: np.ndarray) -> np.ndarray:
        """Give what speaks for a seed issue of another trade to what it is in this one.

        Args:
            scores: (m, C) of the metric.
        """
        if not self._home:
            return scores
        scores = scores.copy()
        for column, code in self._home.items():
            if code in self._codes:
                own = self._codes.index(code)
                scores[:, own] = np.maximum(scores[:, own], scores[:, column])
        scores[:, list(self._home)] = -1.0
        return scores

    def at_home_vectors(self, documents: Documents) -> np.ndarray:
        """Return where documents lie when only issues of these trades bend the space: (m, D).

        Two cars are not alike because both remind of a phone's battery. Letters stay where
        they are: theirs are means, in which no single issue shows.
        """
        if documents.is_long or not self._home:
            return documents.vectors
        width = documents.vectors.shape[1] - documents.scores.shape[1]
        bent = unit_rows(np.maximum(self.at_home(documents.scores), 0.0))
        return unit_rows(np.hstack([unit_rows(documents.vectors[:, :width]), bent]))

    def _terms(self, text: str) -> list[str]:
        content = [word for word in self._tokenizer.cut(text) if self._words.is_content(word)]
        return content + ["".join(pair) for pair in itertools.pairwise(content)]

    def _settle(self, labels: np.ndarray, documents: Documents, vectors: np.ndarray) -> np.ndarray:
        """Dissolve clusters that are too small, and let go of members that are too far off."""
        sizes = np.bincount(labels, weights=None if documents.is_long else documents.counts)
        large = sizes >= self._config.min_topic_size
        centroids = centroids_of(vectors, np.where(large[labels], labels, UNASSIGNED))
        if not len(centroids):
            return np.full(len(labels), UNASSIGNED, np.int64)
        nearest, cosine = nearest_centroids(vectors, centroids)
        own = row_cosine(vectors, centroids, np.minimum(labels, len(centroids) - 1))
        # Cosines run lower for some embedders: only the loosest few are ever let go.
        share = _LOOSE_LONG_SHARE if documents.is_long else _LOOSE_SHARE
        loosest = float(np.quantile(own[large[labels]], share)) if large.any() else -1.0
        floor = loosest
        if not documents.is_long:
            floor = min(self._config.assign_min_similarity, loosest)
        stays = large[labels] & (own >= floor)
        settled = np.where(stays, labels, nearest)
        loose = large[labels] & documents.is_long
        settled[~stays & (loose | (cosine < floor))] = UNASSIGNED
        return settled
