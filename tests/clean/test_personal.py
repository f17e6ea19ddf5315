from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_nlp.clean.personal import (
    _SPOKEN,
    _WORTH_A_LOOK,
    find_personal_data,
    may_hold_personal_data,
)

_PARTS = (
    *"0123456789０３９ -.()（）－ａｚＡZxv_＿@＠号弄栋幢座元室路村单微薇威信加京沪挂学零一幺二九:： 　,",
    *("号楼", "单元", "微信", "微信号", "加v", "QQ", "扣扣", "订单号", "快递", "卡号", "身份证"),
    *(
        "护照",
        "电话",
        "1380013",
        "0755",
        "2345678",
        "abc_de",
        "wxid",
        "住",
        "+86",
        "4567 ",
        "中山路",
    ),
)


@settings(max_examples=3_000, deadline=None)
@given(st.lists(st.sampled_from(_PARTS), max_size=24).map("".join))
def test_a_text_not_worth_a_look_holds_nothing(text):
    """The quick look may say yes for nothing, but never no where something is found."""
    looked = _WORTH_A_LOOK.search(text) or _SPOKEN.search(text)
    if looked and not may_hold_personal_data(text):
        assert find_personal_data(text) == []
