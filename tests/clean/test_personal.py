from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_nlp.clean.folding import folded_signs
from feedback_nlp.clean.gate import may_hold_personal_data
from feedback_nlp.clean.personal import find_personal_data

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
        *(
            "我叫",
            "联系人",
            "王小",
            "明",
            "@",
            "点com",
            "艾特",
            "weibo.com/u/",
            "1️⃣",
            "②",
            "壹",
            "三八",
        ),
        *("大厦", "8-6-", "小区", "顺丰sf", "公寓3-", "wx", "❤", "群", " dot cn", "牌", "𝟏𝟑"),
        *(
            "工号",
            "学号",
            "会员卡",
            "证号",
            "车架号",
            "户号",
            "甲",
            "单元",
            "三组",
            "胡同",
            "湾",
            "排",
        ),
        *(
            "后面",
            "前三位138",
            "尾号",
            "区号",
            "杠",
            "圈a",
            "qq",
            "gmail",
            "丨",
            "下划线",
            " - ",
            "2门",
        ),
    ),
)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(_PARTS), max_size=24).map("".join))
def test_a_text_not_worth_a_look_holds_nothing(text):
    """The quick look may say yes for nothing, but never no where something is found."""
    if not may_hold_personal_data(folded_signs(text)):
        assert find_personal_data(text) == []
