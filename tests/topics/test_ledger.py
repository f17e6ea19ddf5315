from __future__ import annotations

import numpy as np
import pytest

from feedback_nlp.config import load_config
from feedback_nlp.labels import TopicEventKind, TopicKind
from feedback_nlp.topics import KnownTopic
from feedback_nlp.topics.directions import unit_rows
from feedback_nlp.topics.ledger import Carried, carry_over
from feedback_nlp.topics.matching import Fresh

ISSUE = TopicKind.ISSUE
CONFIG = load_config().topics
A, B, C = np.eye(3, dtype=np.float32)


def topic(topic_id: str, members: list[int], **more: object) -> KnownTopic:
    return KnownTopic(
        topic_id,
        topic_id,
        ISSUE,
        np.zeros(3, np.float32),
        frozenset(members),
        **more,  # type: ignore[arg-type]
    )


def refit(
    labels: list[int],
    known: list[KnownTopic],
    vectors: list[np.ndarray],
    *,
    min_size: int = 3,
    budget: float = 1.0,
    taught: list[int] | None = None,
) -> Carried:
    kinds = [ISSUE] * (max(labels) + 1)
    return carry_over(
        range(len(labels)),
        unit_rows(np.stack(vectors)),
        Fresh(np.array(labels), kinds),
        known,
        CONFIG.model_copy(
            update={
                "min_topic_size": min_size,
                "max_moved_share": budget,
                "assign_min_similarity": 0.5,
            }
        ),
        taught=None if taught is None else np.isin(np.arange(len(labels)), taught),
    )


def kinds_of(carried: Carried) -> list[TopicEventKind]:
    return [event.kind for event in carried.events]


def test_another_numbering_of_the_same_clusters_changes_nothing() -> None:
    known = [topic("a", [0, 1, 2]), topic("b", [3, 4, 5])]
    carried = refit([1, 1, 1, 0, 0, 0], known, [A] * 3 + [B] * 3)
    assert carried.assignment.tolist() == [0, 0, 0, 1, 1, 1]
    assert carried.events == ()


def test_new_units_follow_their_cluster() -> None:
    carried = refit([0, 0, 0, 0, 1, 1, 1], [topic("a", [0, 1, 2])], [A] * 4 + [B] * 3)
    assert carried.assignment.tolist() == [0, 0, 0, 0, 1, 1, 1]
    assert carried.cluster_of_new == (1,)
    assert kinds_of(carried) == [TopicEventKind.BORN]


def test_too_few_free_units_make_no_topic() -> None:
    carried = refit([0, 0, 0, 1, 1], [topic("a", [0, 1, 2])], [A] * 3 + [B] * 2)
    assert carried.assignment.tolist() == [0, 0, 0, -1, -1]


def test_two_halves_of_a_topic_stay_one() -> None:
    near = unit_rows(np.array([[1.0, 0.3, 0.0]]))[0]
    carried = refit([0, 0, 0, 1, 1, 1], [topic("a", list(range(6)))], [A] * 3 + [near] * 3)
    assert carried.assignment.tolist() == [0] * 6


def test_a_half_that_lies_elsewhere_splits_off() -> None:
    carried = refit([0, 0, 0, 0, 1, 1, 1], [topic("a", list(range(7)))], [A] * 4 + [B] * 3)
    assert carried.assignment.tolist() == [0, 0, 0, 0, 1, 1, 1]
    assert kinds_of(carried) == [TopicEventKind.SPLIT]
    assert carried.events[0].detail["from"] == "a"


def test_topics_that_people_shaped_are_not_split() -> None:
    shaped = topic("a", list(range(7)), pinned_members=frozenset({6}))
    carried = refit([0, 0, 0, 0, 1, 1, 1], [shaped], [A] * 4 + [B] * 3)
    assert carried.assignment.tolist() == [0] * 7


def test_two_topics_in_one_cluster_merge_into_the_larger() -> None:
    near = unit_rows(np.array([[1.0, 0.2, 0.0]]))[0]
    known = [topic("a", [0, 1, 2, 3]), topic("b", [4, 5])]
    carried = refit([0] * 6, known, [A] * 4 + [near] * 2)
    assert carried.assignment.tolist() == [0] * 6
    assert [(e.kind, e.topic_id) for e in carried.events] == [(TopicEventKind.MERGED, "b")]


def test_a_topic_with_a_name_of_its_own_is_not_merged_away() -> None:
    near = unit_rows(np.array([[1.0, 0.2, 0.0]]))[0]
    known = [topic("a", [0, 1, 2, 3]), topic("b", [4, 5], name_is_pinned=True)]
    carried = refit([0] * 6, known, [A] * 4 + [near] * 2)
    assert carried.assignment.tolist() == [0, 0, 0, 0, 1, 1]


def test_placed_units_stay_and_removed_units_stay_away() -> None:
    known = [
        topic("a", [0, 1, 2, 3], pinned_members=frozenset({3})),
        topic("b", [4, 5, 6], banned_members=frozenset({7})),
    ]
    carried = refit([0, 0, 0, 1, 1, 1, 1, 1], known, [A] * 3 + [B] * 5)
    assert carried.assignment[3] == 0
    assert carried.assignment[7] != 1


@pytest.mark.parametrize(("budget", "moved"), [(0.0, 0), (0.125, 1), (1.0, 2)])
def test_only_the_clearest_few_move(budget: float, moved: int) -> None:
    known = [topic("a", [0, 1, 2, 6, 7]), topic("b", [3, 4, 5])]
    carried = refit([0, 0, 0, 1, 1, 1, 1, 1], known, [A] * 3 + [B] * 5, budget=budget)
    assert np.count_nonzero(carried.assignment[6:] == 1) == moved
    assert carried.assignment[:6].tolist() == [0, 0, 0, 1, 1, 1]


def test_units_seen_anew_since_an_edit_follow_whatever_the_budget() -> None:
    known = [
        topic("a", [0, 1, 2, 6, 7, 8, 9], pinned_members=frozenset({8})),
        topic("b", [3, 4, 5], banned_members=frozenset({9})),
    ]
    labels = [0, 0, 0, 1, 1, 1, 1, 1, 1, 1]
    carried = refit(labels, known, [A] * 3 + [B] * 3 + [A] * 4, budget=0.0, taught=[6, 8, 9])
    assert carried.assignment[6] == 1, "it follows, although it lies no nearer there"
    assert carried.assignment[7] == 0, "nobody taught anything about it"
    assert carried.assignment[8:].tolist() == [0, 0], "people's word stands"


def test_a_topic_that_lost_its_units_retires_and_can_come_back() -> None:
    kept = KnownTopic("a", "a", ISSUE, A, frozenset())
    carried = refit([0, 0, 0], [kept], [A] * 3)
    assert carried.assignment.tolist() == [0, 0, 0]
    assert kinds_of(carried) == [TopicEventKind.REVIVED]


def test_kinds_never_mix() -> None:
    praise = KnownTopic("p", "p", TopicKind.PRAISE, A, frozenset({0, 1, 2}))
    carried = refit([0, 0, 0, 0, 0, 0], [praise], [A] * 6)
    assert carried.cluster_of_new == (0,)
    assert carried.assignment.tolist() == [0, 0, 0, 1, 1, 1]
