import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_nlp.clean import fingerprint, normalize
from feedback_nlp.resources import read_word_list


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("ＡＰＰ打不開，請盡快修復", "APP打不开,请尽快修复"),
        ("空調很乾燥，不是乾隆", "空调很干燥,不是乾隆"),
        ("好好好好好用", "好好用"),
        ("太卡了！！！！！", "太卡了!"),
        ("等等。。。。。。", "等等。"),
        ("soooooo good", "soo good"),
        ("充值10000000元", "充值10000000元"),
        ("垃圾垃圾垃圾垃圾", "垃圾"),
        ("又闪退😡😡😡", "又闪退〔生气〕"),
        ("谢谢👍🏻", "谢谢〔点赞〕"),
        ("好看❤️", "好看〔喜欢〕"),
        ("崩了T_T", "崩了〔难过〕"),
        ("真行[怒][怒]", "真行〔生气〕"),
        ("PART_TIME XDR 屏", "PART_TIME XDR 屏"),
        ("同感//@小明:这版太差//@小红:是的", "同感"),
        ("回复@小明:我也是这样", "我也是这样"),
        ("转发微博", ""),
        ("//@小明:太差", ""),
        ("#新版体验#找不到入口", "新版体验 找不到入口"),
        ("@轻骑客服 什么时候修", "什么时候修"),
        ("闪退 http://t.cn/A6xyz 求修", "闪退 求修"),
        ("【轻骑3.2发布】https://x.example/a 更新后打不开", "更新后打不开"),
        ("【建议】加个夜间模式", "【建议】加个夜间模式"),
        ("不好用(来自轻骑App)", "不好用"),
        ("手机〔手机号·a3f9〕登不上", "手机〔手机号〕登不上"),
        ("一\n\n  二", "一 二"),
        ("①登录慢②闪退", "1登录慢2闪退"),
        ("", ""),
    ],
)
def test_normalize(text: str, normal: str) -> None:
    assert normalize(text) == normal


def test_no_sign_of_feeling_is_ordinary_punctuation() -> None:
    lines = read_word_list("emoji/feelings.tsv")
    signs = [sign for line in lines for sign in line.split("\t")[1].split()]
    assert len(signs) == len(set(signs)) > 150
    assert not [sign for sign in signs if len(sign) == 1 and ord(sign) < 0x2600]


def test_pseudonyms_may_stay_apart() -> None:
    assert normalize("找〔手机号·a3f9〕", keep_pseudonyms=True) == "找〔手机号·a3f9〕"


@pytest.mark.parametrize(
    "copy",
    [
        "這個軟體真的好用",
        "这个软体真的好用！！！",
        "这个软体，真的 好用😊",
        "这个软体真的好用 http://t.cn/A1",
        "这个软体真的好用//@甲:不",
    ],
)
def test_copies_share_a_fingerprint(copy: str) -> None:
    assert fingerprint(copy) == fingerprint("这个软体真的好用")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("能用", "不能用"),
        ("😡", "😊"),
        ("！", "？"),
        ("找〔手机号·a3f9〕", "找〔手机号·b000〕"),
        ("1.2版", "1.3版"),
    ],
)
def test_different_texts_have_different_fingerprints(one: str, other: str) -> None:
    assert fingerprint(one) != fingerprint(other)


def test_fingerprints_are_stable_over_releases() -> None:
    assert fingerprint("扫码开锁没反应") == "1abb0f7c001e8246"


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.text(), st.text(alphabet="好坏😡[怒]@:/#【】()〔〕·ab1！。 \n這\ud800\u200d")))
def test_normalize_and_fingerprint_never_raise(text: str) -> None:
    normalize(text).encode("utf-8")
    assert len(fingerprint(text)) == 16
