from __future__ import annotations

import pytest

from feedback_nlp.labels import Intent
from feedback_nlp.topics import TopicUnit
from feedback_nlp.topics.seeds import read_seed_issues
from feedback_nlp.topics.trades import ANY, carries, fits, home_of, trades_of, variety_of

SEEDS = {seed.code: seed for seed in read_seed_issues()}


def units(*texts: str) -> list[TopicUnit]:
    return [TopicUnit(n, n, text, Intent.COMPLAINT) for n, text in enumerate(texts)]


@pytest.mark.parametrize(
    ("texts", "trades"),
    [
        (("一更新就闪退", "登录不上", "界面太丑"), {"app"}),
        (("上菜太慢", "等位两小时", "服务员不理人"), {"restaurant"}),
        (("房间隔音差", "前台态度冷淡", "早餐单一"), {"hotel"}),
        (("小区业主投诉物业", "开发商不办证", "公交太少"), {"gov"}),
        (("抽卡全歪", "队友挂机", "剧情拖沓"), {"game"}),
        (("你好", "在吗"), set()),
        ((), set()),
    ],
)
def test_feedback_tells_its_trade(texts: tuple[str, ...], trades: set[str]) -> None:
    assert trades_of(units(*texts)) == trades


def test_mixed_feedback_is_of_several_trades() -> None:
    assert trades_of(units("骑手超时", "送餐太慢", "一打开就闪退")) == {"food", "app"}


def test_what_is_mentioned_beside_the_main_trade_leads_nothing() -> None:
    phones = units(*["屏幕太暗", "待机太短", "像素太低", "后盖松"] * 3, "软件太少")
    assert trades_of(phones) == {"phone", "app"}
    assert trades_of(phones, leading=0.3) == {"phone"}


def test_where_many_trades_are_mixed_each_is_spoken_of() -> None:
    """None leads: a thirtieth of the feedback is as much as the commonest trade has."""
    spoken = ("登录", "发货", "骑手", "上菜", "前台", "航班", "玩家", "柜台", "司机", "宿舍")
    mixed = units(*spoken, *["还可以吧"] * 290)
    assert len(trades_of(mixed, leading=0.3)) == len(spoken)
    led = units(*["发货"] * 100, *spoken, *["还可以吧"] * 190)
    assert trades_of(led, leading=0.3) == {"shop"}


def test_an_app_with_its_devices_and_its_shop_is_one_source() -> None:
    assert variety_of(frozenset({"app", "device", "shop"})) == 1
    assert variety_of(frozenset({"app", "hotel", "gov", "food", "car", "bank"})) == 2
    assert variety_of(frozenset()) == 1


def test_a_smell_is_no_matter_of_a_restaurant_and_a_late_parcel_is_a_late_meal() -> None:
    smell, parcel = SEEDS["product.smell"], SEEDS["shop.delivery"]
    assert fits(smell, frozenset({"shop"}))
    assert not fits(smell, frozenset({"restaurant"}))
    assert home_of(parcel, frozenset({"food"})) == "food.late"
    assert home_of(parcel, frozenset({"hotel"})) == ""


@pytest.mark.parametrize(
    ("code", "texts", "carried"),
    [
        ("product.smell", ("有股怪味", "霉味很重", "味道刺鼻"), True),
        ("product.smell", ("口味太淡", "油腻得很", "没什么味道"), False),
        ("app.freeze", ("界面卡死", "直接死机"), True),
        ("app.freeze", ("笑死我了", "该死", "看了笑死"), False),
        ("shop.out-of-stock", ("一直缺货", "抢不到"), True),
        ("shop.out-of-stock", ("抢到半价太划算了", "半价真香"), False),
        ("food.late", ("等了两个小时", "送得太慢"), True),
        ("food.late", (), False),
    ],
)
def test_a_seed_name_stands_only_where_its_own_words_are_said(
    code: str, texts: tuple[str, ...], carried: bool
) -> None:
    assert carries(SEEDS[code], texts) is carried


def test_every_seed_issue_has_trades_and_words() -> None:
    known = {"app", "device", "shop", "food", "restaurant", "hotel", "travel", "game", "phone"}
    known |= {
        "bank",
        "media",
        "edu",
        "ride",
        "chat",
        "gov",
        "car",
        "campus",
        "beauty",
        "wear",
        "fruit",
        "grocery",
        ANY,
    }
    for seed in SEEDS.values():
        assert seed.trades <= known, seed.code
        assert seed.words or seed.kind.value == "vent", seed.code
        assert set(seed.elsewhere.values()) <= set(SEEDS), seed.code
