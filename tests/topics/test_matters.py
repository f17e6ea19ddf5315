from __future__ import annotations

import pytest

from feedback_nlp.topics.matters import Matter, MatterFinder, read_matters, seed_matters

LETTERS = [
    "人行道没有盲道",
    "公交班次太少",
    "楼上加盖房子",
    "小学划片不合理",
    "垃圾没人清运",
    "幼儿园收费高",
] * 5


def test_a_letter_is_about_a_matter_by_its_words_alone() -> None:
    finder = MatterFinder({"gov"}, LETTERS, letters=True)
    about = ["路口的红绿灯太短", "请在路口加信号灯", "绿灯刚亮就变红灯", "左转没有信号灯"]
    assert finder.names(about)[0] == "红绿灯、路口设置不合理"
    assert finder.names(["今天下雨", "明天放晴", "后天刮风"]) == []


def test_what_all_say_marks_no_cluster() -> None:
    finder = MatterFinder({"gov"}, ["公交站太远", "公交改线", "末班公交太早"] * 9, letters=True)
    assert finder.names(["公交太挤", "等公交半小时", "公交绕路"]) == []


def test_a_matter_of_another_trade_names_nothing() -> None:
    finder = MatterFinder({"hotel"}, LETTERS, letters=True)
    assert finder.names(["路口没有红绿灯", "红绿灯太短", "信号灯坏了"]) == []


def test_short_units_need_to_resemble_the_seed_issue_as_well() -> None:
    finder = MatterFinder({"campus"}, ["食堂太贵", "宿舍太小", "老师很好"] * 9, letters=False)
    texts = ["早操六点半", "每天早操点名", "早操缺一次扣分"]
    assert finder.names(texts, ["campus.routine"]) == ["早操、晚自习、查寝"]
    assert finder.names(texts, ["campus.dorm"]) == []


@pytest.mark.parametrize("matter", [*read_matters(), *seed_matters()], ids=lambda m: m.name)
def test_every_matter_has_words_and_a_name_that_says_something(matter: Matter) -> None:
    assert matter.words
    assert len(matter.name) >= 3
    assert not matter.name.startswith("其他")


def test_matters_of_letters_have_names_of_their_own() -> None:
    names = [matter.name for matter in read_matters()]
    assert len(names) == len(set(names))
