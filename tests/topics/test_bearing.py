"""A name is what enough of a topic's units say."""

from __future__ import annotations

from feedback_nlp.topics.bearing import Bearing, bearing, borne_out
from feedback_nlp.topics.clause_names import Said
from feedback_nlp.topics.clauses import Complaint


def said(text: str, *complaints: tuple[str, str]) -> Said:
    return Said(frozenset(Complaint(*pair) for pair in complaints), frozenset(), (), text)


SLOW_TRAM = said("电车来得太慢", ("电车", "太慢"))
LOUD = said("半夜还有人唱歌，太吵", ("", "太吵"))
TRAM = said("我每天坐电车")
TALK = said("昨天路过那里")


def test_both_is_the_fault_said_with_its_thing_and_either_one_of_them() -> None:
    assert bearing("电车太慢", [SLOW_TRAM, TRAM, TALK]) == Bearing(1, 2)


def test_a_second_fault_bears_a_name_out_too() -> None:
    old = said("电车又旧", ("电车", "破旧"))
    assert bearing("电车太慢、破旧", [SLOW_TRAM, old, TALK]).both == 2


def test_a_fault_named_alone_needs_no_thing() -> None:
    assert bearing("环境太吵", [LOUD, TALK]) == Bearing(1, 1)


def test_what_hardly_any_unit_says_is_no_name() -> None:
    assert borne_out(["电车太慢"], [], [SLOW_TRAM] * 2 + [TALK] * 18) == []
    assert borne_out(["电车太慢"], [], [SLOW_TRAM] * 4 + [TALK] * 16) == ["电车太慢"]


def test_a_thing_many_name_whose_fault_two_name_is_no_name() -> None:
    assert borne_out(["电车太慢"], [], [SLOW_TRAM] * 2 + [TRAM] * 18) == []


def test_wishes_are_borne_out_by_those_who_wish() -> None:
    assert borne_out(["希望改进电车"], [], [TALK] * 9) == ["希望改进电车"]


def test_what_far_more_say_of_no_thing_comes_first() -> None:
    units = [SLOW_TRAM] * 4 + [LOUD] * 12
    assert borne_out(["电车太慢", "环境太吵"], ["环境太吵"], units) == ["环境太吵", "电车太慢"]
    units = [SLOW_TRAM] * 8 + [LOUD] * 8
    assert borne_out(["电车太慢", "环境太吵"], ["环境太吵"], units) == ["电车太慢", "环境太吵"]


def test_what_is_wrong_in_other_words_bears_a_name_out() -> None:
    unit = Said(frozenset(), frozenset(), (), "只能看不能用", frozenset({"用不了"}))
    assert bearing("用不了", [unit, TALK]) == Bearing(1, 1)
    assert bearing("门禁用不了", [unit, TALK]) == Bearing(0, 1)


def test_a_fault_of_no_thing_must_be_said_by_a_fifth() -> None:
    assert borne_out(["环境太吵"], ["环境太吵"], [LOUD] * 3 + [TALK] * 17) == []
    assert borne_out(["环境太吵"], ["环境太吵"], [LOUD] * 4 + [TALK] * 16) == ["环境太吵"]
