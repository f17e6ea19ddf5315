"""Left-over texts join the topic that the people nearest to them agree on, in its words."""

from __future__ import annotations

import numpy as np

from feedback_nlp.topics.directions import unit_rows
from feedback_nlp.topics.joining import Marks, Voices, topics_by_neighbours

LATE, REFUND = (1.0, 0.1, 0.0), (0.0, 0.1, 1.0)
NEAR_LATE = (0.9, 0.3, 0.1)
OTHERS = 8
TOPIC_OF = [7] * 4 + [2] * 4 + [5] * OTHERS
SAID = [{"配送", "很久"}] * 4 + [{"退款", "没到"}] * 4 + [{"老师", "敷衍"}] * OTHERS


def inside(speakers: str = "abcdefgh") -> Voices:
    lying = [LATE] * 4 + [REFUND] * 4 + [(0.0, -1.0, 0.0)] * OTHERS
    others = [f"other {number}" for number in range(OTHERS)]
    return Voices(
        unit_rows(np.array(lying, np.float32)), list(map(frozenset, SAID)), [*speakers, *others]
    )


def joined(
    vector: tuple[float, float, float], word: str, speaker: str = "z", among: Voices | None = None
) -> int:
    left = Voices(unit_rows(np.array([vector], np.float32)), [frozenset({word})], [speaker])
    return int(topics_by_neighbours(left, among or inside(), TOPIC_OF)[0])


def test_what_several_people_of_one_topic_say_much_alike_joins_it() -> None:
    assert joined(NEAR_LATE, "配送") == 7
    assert joined((0.1, 0.2, 0.8), "退款") == 2


def test_likeness_without_a_word_of_the_topic_is_not_enough() -> None:
    assert joined(NEAR_LATE, "卸载") == -1
    assert joined(NEAR_LATE, "退款") == -1, "it marks the other topic"


def test_what_lies_far_from_all_joins_none() -> None:
    assert joined((0.0, 1.0, 0.0), "配送") == -1


def test_one_person_votes_once_however_often_they_post() -> None:
    assert joined(NEAR_LATE, "配送", among=inside("aaaaefgh")) == -1
    assert joined(NEAR_LATE, "配送", among=inside("aabcefgh")) == 7


def test_nobody_votes_for_what_they_said_themselves() -> None:
    assert joined(NEAR_LATE, "配送", speaker="a", among=inside("aabcefgh")) == -1


def test_neighbours_that_disagree_decide_nothing() -> None:
    vectors = unit_rows(np.array([LATE] * 8, np.float32))
    mixed = Voices(vectors, [frozenset({"配送"})] * 8, list("abcdefgh"))
    left = Voices(unit_rows(np.array([LATE], np.float32)), [frozenset({"配送"})], ["z"])
    assert topics_by_neighbours(left, mixed, [7, 2, 3, 4, 7, 2, 3, 4]).tolist() == [-1]


def test_no_text_and_no_member() -> None:
    none = Voices(np.zeros((0, 3), np.float32), [], [])
    assert topics_by_neighbours(none, inside(), TOPIC_OF).tolist() == []
    left = Voices(unit_rows(np.array([LATE], np.float32)), [frozenset({"配送"})], ["z"])
    assert topics_by_neighbours(left, none, []).tolist() == [-1]


def test_a_word_for_the_whole_marks_no_topic() -> None:
    """学校 is said by all of 学校太远, and by whatever else is said of a school."""
    said = [frozenset({"学校", "偏远"})] * 4 + [frozenset({"地铁"})] * 8
    marks = Marks([], said, [0] * 4 + [1] * 8)
    assert marks.are_said(frozenset({"偏远"}), 0)
    assert not marks.are_said(frozenset({"学校"}), 0)
