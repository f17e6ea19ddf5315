"""New issues of one meaning in one place are one topic."""

from __future__ import annotations

import numpy as np

from feedback_nlp.labels import TopicKind
from feedback_nlp.topics.directions import unit_rows
from feedback_nlp.topics.groups import Group
from feedback_nlp.topics.twins import find_twins, told_apart

NEAR = unit_rows(np.array([[1.0, 0.2], [1.0, 0.3], [1.0, 0.1]], np.float32))
FAR = unit_rows(np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 0.1]], np.float32))
ROWS = np.arange(3)


def group(code: str = "", topic_id: str | None = None) -> Group:
    return Group(ROWS, TopicKind.ISSUE, topic_id, seed_code=code)


def test_names_of_one_meaning_make_twins_where_they_lie_near() -> None:
    groups, names = [group(), group()], [["服务差"], ["服务态度差"]]
    assert find_twins(groups, names, ["", ""], NEAR) == {1: 0}
    assert find_twins(groups, names, ["", ""], FAR) == {}


def test_a_group_told_by_a_known_issue_s_words_is_that_issue() -> None:
    """Even where it is the larger one: 地铁太远 is 位置偏、不好找."""
    groups, names = [group(), group("hotel.location")], [["地铁太远"], ["位置偏、不好找"]]
    assert find_twins(groups, names, ["hotel.location", ""], NEAR) == {0: 1}
    assert find_twins(groups, names, ["hotel.breakfast", ""], NEAR) == {}, "it resembles another"
    assert find_twins(groups, names, ["hotel.location", ""], FAR) == {}
    names[0] = ["早餐太冷"]
    assert find_twins(groups, names, ["hotel.location", ""], NEAR) == {}, "not in its words"


def test_what_lives_already_is_nobody_s_twin() -> None:
    groups, names = [group(), group("hotel.location", "7")], [["地铁太远"], ["位置偏、不好找"]]
    assert find_twins(groups, names, ["hotel.location", ""], NEAR) == {}


def test_a_twin_of_a_twin_is_the_twin_of_the_first() -> None:
    groups = [group(), group(), group("hotel.location")]
    names = [["地铁太远"], ["交通不便"], ["位置偏、不好找"]]
    assert find_twins(groups, names, ["hotel.location"] * 2 + [""], NEAR) == {0: 2, 1: 2}


def test_an_issue_that_can_only_be_named_as_another_has_no_name() -> None:
    groups = [group(), group(), group()]
    told = told_apart(groups, [["太慢"], ["太慢"], ["太慢", "太贵"]], {})
    assert told == [["太慢"], [], ["太慢", "太贵"]]
    assert told_apart(groups, [["太慢"], ["太慢"], []], {1: 0})[1] == ["太慢"]
