"""How feedback is read and grouped: one section a stage, from cleaning to the names of topics."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from feedback_nlp.config.section import Section
from feedback_nlp.labels import Depth


class CleanConfig(Section):
    """Near duplicates and bursts. Shares are 0–1."""

    near_duplicate_jaccard: float = Field(gt=0, le=1)
    near_duplicate_min_chars: int = Field(ge=1)
    burst_min_items: int = Field(ge=2)
    burst_window_hours: float = Field(gt=0)


class ReadingConfig(Section):
    """How closely ``analyze`` reads: ``fast``, ``deep``, or ``auto`` (deep where it is installed).

    Attributes:
        depth: Of ``analyze``.
        deep_share: How much the deep reader's opinion counts beside the fast one's, 0–1.
        sure_from: A text whose least sure label, feeling or intent has this probability when
            read fast is not read deeply; 1 to read every text deeply.
    """

    depth: Depth
    deep_share: float = Field(ge=0, le=1)
    sure_from: float = Field(ge=0, le=1)


class SegmentConfig(Section):
    """Where feedback is cut into units. Lengths are in characters."""

    min_unit_chars: int = Field(ge=1)
    max_unit_chars: int = Field(ge=10)


class SentimentConfig(Section):
    """Which scorer, and how a text and its units agree (``understanding/agreement.py``)."""

    scorer: str
    patience: float = Field(ge=0, le=5)


class EmbedConfig(Section):
    """Which embedder."""

    backend: str
    model: str = ""
    base_url: str = ""


class LedgerConfig(Section):
    """When a topic stays itself over a refit, and when it merges, splits or is said to have grown.

    Similarities are cosines of mean directions; shares are 0–1.

    Attributes:
        match_min_overlap: Jaccard index of old units from which a cluster continues a topic.
        match_min_contained: Share of a cluster's old units that makes it a topic's, if near.
        match_min_similarity: What is near there.
        same_place_similarity: Likeness from which a cluster of new units alone continues a topic.
        move_min_gain: How much nearer a unit must lie to another topic to change to it.
        merge_min_similarity: Likeness from which one topic is merged into another.
        split_max_similarity: Likeness below which a part of a topic becomes one of its own.
        split_min_share: Smallest part of a topic that may.
        grew_min_ratio: Growth over the size before that the ledger tells of.
        grew_min_units: And in units.
        loosest_share: Share of the units in topics that may lie farther from theirs than a new
            unit that wants to join.
    """

    match_min_overlap: float = Field(ge=0, le=1)
    match_min_contained: float = Field(ge=0, le=1)
    match_min_similarity: float = Field(ge=-1, le=1)
    same_place_similarity: float = Field(ge=-1, le=1)
    move_min_gain: float = Field(ge=0, le=2)
    merge_min_similarity: float = Field(ge=-1, le=1)
    split_max_similarity: float = Field(ge=-1, le=1)
    split_min_share: float = Field(ge=0, le=1)
    grew_min_ratio: float = Field(ge=1)
    grew_min_units: int = Field(ge=1)
    loosest_share: float = Field(ge=0, le=1)


class TopicsConfig(Section):
    """Clustering and naming.

    Attributes:
        seed: Of sampling and clustering.
        neighbours: Of each text in the graph that is clustered.
        resolution, long_resolution: Higher finds more and smaller topics; the second where
            feedback is long and is clustered as a whole.
        consensus_runs: Leiden runs that vote.
        min_topic_size: Units that a new topic needs.
        anchor_min_score: From here on the metric's verdict on a known issue counts.
        assign_min_similarity: Cosine from which a new unit joins a topic.
        max_moved_share: Share of the units in topics that one refit may move.
        sample_size: Texts that are clustered; the others join.
        displeased_max_score: Sentiment up to which a unit that asks nothing still speaks of an
            issue.
        theme_min_similarity: Likeness from which a topic joins a theme.
        keyword_count: Keywords of a topic.
        alike_min_score: From here on two topics are proposed as one, see ``topics/alike.py``.
        ledger: Identity over refits.
    """

    seed: int
    neighbours: int = Field(ge=2)
    resolution: float = Field(gt=0)
    long_resolution: float = Field(gt=0)
    consensus_runs: int = Field(ge=1)
    min_topic_size: int = Field(ge=2)
    anchor_min_score: float = Field(gt=0, lt=1)
    assign_min_similarity: float = Field(ge=-1, le=1)
    max_moved_share: float = Field(ge=0, le=1)
    sample_size: int = Field(ge=100)
    displeased_max_score: float = Field(ge=-1, le=1)
    theme_min_similarity: float = Field(ge=-1, le=1)
    keyword_count: int = Field(ge=1, le=20)
    alike_min_score: float = Field(ge=0, le=1)
    ledger: LedgerConfig


class NamingConfig(Section):
    """Whether a language model proposes names for topics.

    Attributes:
        backend: ``openai`` sends keywords and redacted quotes to ``base_url``.
        model: Model name to send.
        base_url: Up to and including the version, such as ``http://127.0.0.1:8080/v1``.
        max_topics: Topics that one analysis asks for, the largest first.
    """

    backend: Literal["off", "openai"]
    model: str = ""
    base_url: str = ""
    max_topics: int = Field(ge=1)
