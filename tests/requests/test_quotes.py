import pytest

from feedback_nlp.requests.quotes import (
    QuoteCandidate,
    as_quoted,
    choose_quotes,
    is_aside,
    only_asks,
)


def candidate(unit_id, text, *, person=None, preference=0.0):
    return QuoteCandidate(preference, unit_id, person or f"p{unit_id}", text)


def test_near_copies_and_repeated_people_are_not_quoted_twice():
    candidates = [
        candidate(1, "一传照片就闪退，烦死了"),
        candidate(2, "一传照片就闪退，烦死了啊"),
        candidate(3, "选完图直接退出软件", person="p1"),
        candidate(4, "选完图就退出来", person="p9"),
    ]
    assert choose_quotes(candidates, 3) == [1, 4]


def test_preferred_and_readable_first():
    candidates = [
        candidate(1, "闪退", preference=-1),
        candidate(2, "更新以后打开就闪退", preference=0.3),
        candidate(3, "拍照上传时老是崩溃", preference=-0.5),
        candidate(4, "长" * 200, preference=-1),
    ]
    assert choose_quotes(candidates, 3) == [3, 2, 4]  # 1 says nothing that 2 does not


def test_nothing_to_quote():
    assert choose_quotes([], 3) == []


def test_forwards_and_hashtags_are_the_last_choice():
    candidates = [
        candidate(1, "#某某买菜# 支付闪退//@小王: 支付闪退", preference=-1),
        candidate(2, "付款的时候直接闪退了"),
    ]
    assert choose_quotes(candidates, 1) == [2]


def test_a_shout_is_quoted_only_where_there_is_nothing_else():
    shouts = [candidate(1, "跪求"), candidate(2, "差评")]
    assert choose_quotes(shouts, 3) == [1]
    assert choose_quotes([*shouts, candidate(3, "付款的时候直接闪退了")], 3) == [3]


def test_a_pseudonym_that_was_cut_through_is_the_last_choice():
    candidates = [
        candidate(1, "发票请发到〔邮箱·9bf6", preference=-1),
        candidate(2, "怎么开公司抬头的发票"),
    ]
    assert choose_quotes(candidates, 1) == [2]


@pytest.mark.parametrize(
    ("unit", "quoted"),
    [
        ("，行李箱都摊不开，", "行李箱都摊不开"),
        ("停车场太小，而且", "停车场太小"),
        ("2、老师从不答疑；", "老师从不答疑"),
        ("等了2.5小时才到", "等了2.5小时才到"),
        ("）后备箱异响（", "后备箱异响"),
        ("副本卡了十分钟……", "副本卡了十分钟……"),
        ("路灯坏了三个月！", "路灯坏了三个月！"),
        ("，", "，"),
    ],
)
def test_a_quote_is_no_half_clause(unit, quoted):
    assert as_quoted(unit) == quoted


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("（手动狗头）", True),
        ("不好意思打扰了，昨晚又碰到一回", True),
        ("昨晚又碰到一回，门禁刷不开", False),
        ("转账一直失败（气）", False),
    ],
)
def test_asides(words, expected):
    assert is_aside(words) is expected


def test_what_only_asks_is_quoted_where_nothing_else_is_said():
    asking = QuoteCandidate(-1, 1, "p1", "各位有办过这家分期的吗？", only_asks=True)
    assert choose_quotes([asking, candidate(2, "分期手续费比说好的高一倍")], 3) == [2]
    assert choose_quotes([asking], 3) == [1]


@pytest.mark.parametrize(
    ("words", "sentiment", "intent", "asks"),
    [
        ("各位有办过这家分期的吗？", "neu", "complaint", True),
        ("分期怎么算", "neu", "question", True),
        ("就这服务态度吗？", "neg", "complaint", False),
        ("能支持横屏吗？", "neu", "feature", False),
        ("这月又多扣了一笔", "neu", "complaint", False),
    ],
)
def test_a_question_in_anger_and_a_wish_state_something(words, sentiment, intent, asks):
    assert only_asks(words, sentiment, intent) is asks
