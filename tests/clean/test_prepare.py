import hmac
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feedback_nlp.clean import Prepared, Pseudonymizer, prepare
from feedback_nlp.clean.checksums import identity_check_digit, is_identity_card, passes_luhn

KEEPER = Pseudonymizer(b"tests")

PERSONAL = [
    ("我的号码13812345678一直收不到验证码", "手机号", "13812345678"),
    ("回我电话 +86 138-1234-5678 谢谢", "手机号", "138-1234-5678"),
    ("联系１３８１２３４５６７８", "手机号", "１３８１２３４５６７８"),
    ("打一三八一二三四五六七八找我", "手机号", "一三八一二三四五六七八"),
    ("138 1234 5678 晚上打", "手机号", "138 1234 5678"),
    ("店里座机010-62345678转12没人接", "座机", "62345678"),
    ("(0755)26543210 打不通", "座机", "26543210"),
    ("电话 87654321 是空号", "座机", "87654321"),
    ("实名时身份证11010519491231002X提示不对", "身份证", "11010519491231002X"),
    ("打給我 +852 9123 4567", "电话", "9123 4567"),
    ("台灣手機+886 912-345-678", "电话", "912-345-678"),
    ("加我v abcd1234", "微信", "abcd1234"),
    ("身份证 110105 1949 1231 002X", "身份证", "1949 1231 002X"),
    ("身份证号：110105 19491231 002X", "身份证", "19491231 002X"),
    ("钱退到6222 0212 3456 7890 128没到账", "银行卡", "6222 0212 3456 7890 128"),
    ("卡号6222021234567890000绑定失败", "银行卡", "6222021234567890000"),
    ("发到Li.Ming+app@mail.example.com", "邮箱", "Li.Ming+app@mail.example.com"),
    ("加我微信号abcdefg_h聊", "微信", "abcdefg_h"),
    ("加V：hello12345 领券", "微信", "hello12345"),
    ("vx:ab12345", "微信", "ab12345"),
    ("薇信 tiger2026a", "微信", "tiger2026a"),
    ("扣扣123456789找我", "QQ", "123456789"),
    ("加q 12345678", "QQ", "12345678"),
    ("车牌粤B12345识别不了", "车牌", "粤B12345"),
    ("新能源沪AD12345绑不上", "车牌", "沪AD12345"),
    ("京A·D123警也能绑", "车牌", "京A·D123警"),
    ("订单号：TB20261116001234 还没发货", "订单号", "TB20261116001234"),
    ("运单SF1234567890123丢了", "订单号", "SF1234567890123"),
    ("我的订单 123456789012 卡住了", "订单号", "123456789012"),
    ("北京市朝阳区安平路88号3号楼2单元501室", "地址", "安平路88号3号楼2单元501室"),
    ("收货地址写的幸福路12号", "地址", "幸福路12号"),
    ("我住3栋2单元501，单车停门口", "地址", "3栋2单元501"),
    ("护照E12345678扫不出来", "护照", "E12345678"),
    ("编号2026111600012345678911查不到", "编号", "2026111600012345678911"),
]

HARMLESS = [
    "iPhone 13 Pro 上打不开",
    "打了12306、95588和10086都说不归他们管",
    "版本8.0.32，2026-11-16 10:22:31更新的，花了1299.00元",
    "2026年11月16日下单，订单 2026-11-16 的",
    "地铁2号线旁边，线路3号的站点不显示",
    "微信支付失败，微信iPhone13Pro登录，微信8.0.32",
    "客服热线400-820-8820",
    "小米11、Mate60、骁龙888、RTX4090都试了",
    "新APP10086",
    "送了+10000000积分，+1 +1 +1",
    "100000000元，圆周率3.1415926535",
    "QQ音乐的qq2021版本能放",
    "骑了 12.5 公里，用了 35 分钟，消耗 320 千卡",
    "a<b，我<3你们，R&D 部门",
    "1-5星给3星，第 16 17 18 号都试过",
]


@pytest.mark.parametrize(("text", "kind", "secret"), PERSONAL)
def test_personal_data_is_replaced_and_counted(text: str, kind: str, secret: str) -> None:
    prepared = prepare(text, KEEPER)
    assert secret not in prepared.text
    assert prepared.redactions == {kind: 1}
    assert re.search(rf"〔{kind}·[0-9a-f]{{4}}〕", prepared.text)


@pytest.mark.parametrize("text", HARMLESS)
def test_numbers_that_are_nobodys_stay(text: str) -> None:
    assert prepare(text, KEEPER) == Prepared(text)


def test_city_stays_in_an_address() -> None:
    assert prepare("杭州市西湖区文二路100号5幢301室", KEEPER).text.startswith("杭州市西湖区〔地址·")


def test_all_spellings_of_a_number_share_one_pseudonym() -> None:
    spellings = [
        "13812345678",
        "138-1234-5678",
        "+86 138 1234 5678",
        "１３８１２３４５６７８",
        "幺三八一二三四五六七八",
    ]
    assert len({prepare(spelling, KEEPER).text for spelling in spellings}) == 1


def test_two_values_get_two_pseudonyms_and_two_secrets_differ() -> None:
    text = "13812345678"
    assert prepare(text, KEEPER).text != prepare("13912345678", KEEPER).text
    assert prepare(text, KEEPER).text != prepare(text, Pseudonymizer(b"other")).text


def test_author_keys_are_hex_and_ignore_surrounding_blanks() -> None:
    key = KEEPER.author_key(" 小李 ")
    assert re.fullmatch(r"[0-9a-f]{32}", key)
    assert key == KEEPER.author_key("小李")
    assert key != KEEPER.author_key("小张")


def test_an_empty_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="empty secret"):
        Pseudonymizer(b"")


@pytest.mark.parametrize(
    ("raw", "stored"),
    [
        ("好\x00用\x07", "好用"),
        ("坏\ud800字", "坏\ufffd字"),
        ("\ud83d\ude00", "😀"),
        ("第一行\r\n第二行\r第三行", "第一行\n第二行\n第三行"),
        ("零\u200b宽", "零宽"),
        ("138\u200b1234\u200b5678", ""),
        ("<p>登录<b>闪退</b></p>", "登录闪退"),
        ("一行<br/>两行", "一行\n两行"),
        ("太贵&amp;难用&nbsp;！", "太贵&难用 ！"),
        ("<script>alert(1)</script>好", "好"),
        ('<a href="https://x.example">点这里</a>', "点这里"),
        ("&amp;lt;b&amp;gt;字", "字"),
        ("温度<b和>c", "温度<b和>c"),
        ("  \u3000 ", ""),
    ],
)
def test_characters_and_markup(raw: str, stored: str) -> None:
    if stored or not raw.startswith("138"):
        assert prepare(raw, KEEPER).text == stored
    else:
        assert prepare(raw, KEEPER).redactions == {"手机号": 1}


def test_checksums() -> None:
    assert is_identity_card("11010519491231002X")
    assert not is_identity_card("110105194912310021")
    assert not is_identity_card("11010519491331002X")
    assert is_identity_card("110105491231002")
    assert identity_check_digit("11010519491231002") == "X"
    assert passes_luhn("6222021234567890128")
    assert not passes_luhn("6222021234567890129")


PIECES = st.sampled_from(
    [secret for _, _, secret in PERSONAL]
    + [
        *"微信加vqQ：:号 @._-0158x〔〕·<>&;/转路栋楼室单",
        "&amp;",
        "&lt;",
        "<b>",
        "<br",
        "86",
        "138",
        "\ud83d",
        "\u200d",
    ]
)
UGLY = st.one_of(
    st.text(), st.lists(PIECES, max_size=12).map("".join), st.text(alphabet="0123456789 -+.@ax")
)


@settings(max_examples=300, deadline=None)
@given(UGLY)
def test_prepare_never_raises_and_is_idempotent(text: str) -> None:
    once = prepare(text, KEEPER)
    again = prepare(once.text, KEEPER)
    assert again.text == once.text
    assert not again.redactions
    once.text.encode("utf-8")


@settings(max_examples=200, deadline=None)
@given(
    st.from_regex(r"1[3-9][0-9]{9}", fullmatch=True),
    st.sampled_from(["", " ", "-"]),
    st.text(alphabet="这款应用打不开了，。快修！", max_size=10),
    st.text(alphabet="这款应用打不开了，。快修！", max_size=10),
)
def test_no_mobile_number_survives(number: str, separator: str, before: str, after: str) -> None:
    written = separator.join((number[:3], number[3:7], number[7:]))
    prepared = prepare(before + written + after, KEEPER)
    assert number[3:7] + separator + number[7:] not in prepared.text
    assert sum(prepared.redactions.values()) == 1


@pytest.mark.parametrize(
    "unit",
    [
        "a",
        "1",
        "1 ",
        "a@",
        "<",
        "<b ",
        "&amp;",
        "138 ",
        "路1号",
        "微信 a",
        "<!--",
        "3栋",
        "0-",
        "粤B1",
        "订单号a",
    ],
)
def test_time_grows_linearly(unit: str) -> None:
    def spent(size: int) -> float:
        text = (unit * size)[:size]
        best = float("inf")
        for _ in range(3):
            start = time.process_time()
            prepare(text, KEEPER)
            best = min(best, time.process_time() - start)
        return best

    # Ten times the text: linear is 10, quadratic 100.
    assert spent(20_000) < 60 * max(spent(2_000), 1e-4)


@pytest.mark.parametrize("size", [1, 32, 64, 65, 200])
def test_pseudonyms_are_hmac_sha256(size):
    secret = bytes(range(1, size + 1))
    expected = hmac.new(secret, "author\0欧阳小满".encode(), "sha256").hexdigest()
    assert Pseudonymizer(secret).author_key(" 欧阳小满 ") == expected[:32]
