"""The labelled set of ``tests/clean/privacy``, through the public path, and what rules must keep."""

from collections import defaultdict

import pytest

from feedback_nlp.clean import Pseudonymizer, normalize, prepare, without_stand_ins
from tests.benchmarks.privacy import is_false_alarm, is_hidden, lookalikes, personal_cases

KEEPER = Pseudonymizer(b"tests")
PLAIN, EVASIVE, ALARMS = 0.98, 0.9, 0.01


def test_the_set_is_large_and_of_every_kind() -> None:
    cases = personal_cases()
    assert len(cases) >= 600
    assert len(lookalikes()) >= 400
    assert len({case.text for case in cases}) == len(cases)
    assert all(part in case.text for case in cases for part in case.personal)
    assert len({case.kind for case in cases}) >= 14
    assert len({case.trade for case in cases}) >= 10


@pytest.mark.parametrize(("writing", "least"), [("plain", PLAIN), ("evasive", EVASIVE)])
def test_recall_of_every_kind(writing: str, least: float) -> None:
    found = defaultdict(list)
    for case in personal_cases():
        if case.writing == writing:
            found[case.kind].append(is_hidden(case))
    assert {kind: sum(hits) / len(hits) for kind, hits in found.items()} == {
        kind: pytest.approx(1.0, abs=1.0 - least) for kind in found
    }


def test_false_alarms_are_rare() -> None:
    alarms = [case.text for case in lookalikes() if is_false_alarm(case)]
    assert len(alarms) <= ALARMS * len(lookalikes()), alarms


def test_preparing_the_set_twice_changes_nothing() -> None:
    for case in personal_cases():
        once = prepare(case.text, KEEPER).text
        assert prepare(once, KEEPER).text == once


@pytest.mark.parametrize(
    "written",
    [
        *("138 0000 1234", "1380-0001-234", "13800 001234", "138，0000，1234", "138/0000/1234"),
        *("138_0000_1234", "138  0000  1234", "1 3 8 0 0 0 0 1 2 3 4", "１３８００００１２３４"),
        *("一三八零零零零一二三四", "一 三 八 零 零 零 零 一 二 三 四", "壹叁捌零零零零壹贰叁肆"),
        *("①③⑧⓪⓪⓪⓪①②③④", "138OOOO1234", "+86 138 0000 1234", "0086-13800001234"),
        "".join(f"{digit}\ufe0f\u20e3" for digit in "13800001234"),
    ],
)
def test_a_number_has_one_stand_in_however_it_is_written(written: str) -> None:
    stand_in = KEEPER.pseudonym("手机号", "13800001234")
    assert prepare(f"请打{written}谢谢", KEEPER).text == f"请打{stand_in}谢谢"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("身份证110199 19900101 0037", "身份证：１１０１９９１９９００１０１００３７"),
        ("卡号6222 0000 0000 0000 000", "卡号：6222000000000000000"),
        ("QQ：123456789", "扣扣 一二三四五六七八九"),
        ("车牌粤B12345", "车牌粤b·12345"),
        ("发到a.b@example.com", "发到A.B＠example。com"),
        ("订单号SF 1234 5678 90123", "订单号：sf1234567890123"),
        ("电话0571-88001234", "电话0571 8800 1234"),
        ("护照E12345678", "护照 e 1234 5678"),
    ],
)
def test_other_kinds_too_have_one_stand_in(one: str, other: str) -> None:
    stand_ins = {prepare(text, KEEPER).text[-5:] for text in (one, other)}
    assert len(stand_ins) == 1
    assert stand_ins.pop().endswith("〕")


@pytest.mark.parametrize(
    "text",
    [
        "打开 https://example.com/a/13800001234?b=6222000000000000000 就闪退",
        "www.example.com/p/15012345678，页面404",
        "https://weibo.com/1900000123/Nabcdefgh 打不开",
        "#新版体验# 找不到入口 https://t.cn/A6AbCdEf",
    ],
)
def test_links_and_hashtags_stay_alive(text: str) -> None:
    assert prepare(text, KEEPER).text == text


def test_a_link_to_a_person_is_personal_and_so_is_what_a_link_says_of_one() -> None:
    assert "u/1900000123" not in prepare("骂我的 https://weibo.com/u/1900000123", KEEPER).text
    stored = prepare("https://example.com/bind?from=app&phone=13800001234", KEEPER).text
    assert stored.startswith("https://example.com/bind?from=app&phone=〔手机号·")


@pytest.mark.parametrize(
    ("text", "own"),
    [
        ("@一颗小土豆 登录闪退", "登录闪退"),
        ("回复@小明:登录闪退", "登录闪退"),
        ("登录闪退//@小明:太差", "登录闪退"),
        ("@不加香菜 @老死不相往来", ""),
        ("同意＠小明 的说法", "同意 的说法"),
    ],
)
def test_a_nickname_is_masked_and_never_analysed(text: str, own: str) -> None:
    stored = prepare(text, KEEPER)
    assert "小明" not in stored.text
    assert stored.redactions["用户"] >= 1
    assert normalize(stored.text) == own == normalize(text).replace("＠小明", "")


def test_a_mail_address_is_no_nickname_and_a_nickname_no_mail_address() -> None:
    assert prepare("发到kefu@example.com谢谢", KEEPER).redactions == {"邮箱": 1}
    assert prepare("icon@2x.png模糊，@所有人 用不了", KEEPER).redactions == {}


def test_stand_ins_name_no_topic() -> None:
    stored = prepare("@一颗小土豆 联系13800001234 登录闪退", KEEPER).text
    assert without_stand_ins(stored).split() == ["联系", "登录闪退"]
    assert without_stand_ins(prepare("@一颗小土豆", KEEPER).text) == "…"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("护士长祁慧芳打针很轻", "祁慧芳"),  # no 护士 of the family 长
        ("核保员尤浩然答非所问", "尤浩然"),
        ("接待我的是骆玲玲，讲得细", "骆玲玲"),
        ("家政阿姨姚秀兰擦得亮", "姚秀兰"),
        ("联系人喻子轩，傍晚在", "喻子轩"),
        ("房东卓海峰半年不修热水器", "卓海峰"),
        ("前台胸牌庞晓燕，态度好", "庞晓燕"),
    ],
)
def test_names_behind_whoever_does_a_job(text: str, name: str) -> None:
    assert name not in prepare(text, KEEPER).text


@pytest.mark.parametrize(
    "text",
    [
        *("会员卓越卡没到账", "工作人员廉洁高效", "服务员鲜明的工牌很好认", "店员蒙圈了"),
        *("老板明显涨价了", "前台温馨提示太多", "销售安排得明白", "阿姨高兴得很", "人员安静有序"),
    ],
)
def test_words_behind_whoever_does_a_job_stay(text: str) -> None:
    assert prepare(text, KEEPER).text == text


@pytest.mark.parametrize(
    ("text", "account"),
    [
        ("要图Q我2209417730", "2209417730"),
        ("QQ邮箱跟QQ都是2209417730", "2209417730"),
        ("微^信^mianbao_2207", "mianbao_2207"),
    ],
)
def test_accounts_behind_other_words_for_them(text: str, account: str) -> None:
    assert account not in prepare(text, KEEPER).text
