from __future__ import annotations

import pytest

from feedback_nlp.labels import Intent
from feedback_nlp.pipeline import matters
from feedback_nlp.topics import TopicUnit
from feedback_nlp.topics.matter import is_aside, the_matter


@pytest.mark.parametrize(
    ("text", "matter"),
    [
        ("你好，前天到现在没人处理，空调不制冷，谢谢", "空调不制冷"),
        ("老客户了，上周又遇到一次，寄来的杯子是裂的，有人管吗", "寄来的杯子是裂的"),
        ("我爸也在用，字太小，他看不清", "字太小，他看不清"),
        ("無語，等咗成個鐘，上錯菜", "等咗成個鐘，上錯菜"),
        ("#周末出游# 房间有烟味，折腾了两个小时！！！", "房间有烟味"),
        ("还有就是转账限额太低，希望尽快改进", "转账限额太低"),
        ("再这样就卸载了，广告关不掉", "广告关不掉"),
    ],
)
def test_asides_are_left_out(text: str, matter: str) -> None:
    assert the_matter(text).strip(" ，,。！!") in (matter, f"还有就是{matter}")


@pytest.mark.parametrize(
    "text",
    [
        "等了两个小时才上菜",
        "客服没人接电话",
        "投诉没人管",
        "房间冷得睡不着",
        "希望能优化搜索",
        "下雨天不配送",
        "每次付款都失败",
        "我们小区在施工，太吵",
        "用户协议看不懂",
        "验证码收不到",
        "崩溃",
        "第二次开机就黑屏",
        "孩子吃了过敏",
        "楼上半夜装修",
    ],
)
def test_what_may_be_the_matter_stays(text: str) -> None:
    assert the_matter(text) == text


@pytest.mark.parametrize("text", ["谢谢", "请尽快处理，谢谢", "真服了，", "……", "", "👍"])
def test_a_text_of_nothing_else_stays_whole(text: str) -> None:
    assert the_matter(text) == text


def test_long_clauses_are_no_trouble() -> None:
    assert not is_aside("我" * 20_000)
    assert not is_aside("又一次" * 5_000)
    assert the_matter("，".join(["昨天又碰到一回"] * 2_000) + "，打不开") == "打不开"


def test_units_keep_all_but_their_words() -> None:
    unit = TopicUnit(7, 3, "〔电话·1a2b〕 你好，收不到快递", Intent.COMPLAINT, -0.4, "某店")
    (boiled,) = matters([unit])
    assert boiled.text == "收不到快递"
    assert (boiled.unit_id, boiled.intent, boiled.product) == (7, Intent.COMPLAINT, "某店")
