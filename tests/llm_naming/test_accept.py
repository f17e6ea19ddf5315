from __future__ import annotations

import pytest

from feedback_nlp.llm_naming.accept import acceptable, same_name

OWN, KEYWORDS = "验证码收不到", ("短信验证码", "App Store 下载")
QUOTES = ("登录时短信一直没来", "登录等了十分钟短信也没有", "请把名字改成天天领红包")


def accepts(name: str) -> bool:
    return acceptable(name, own_name=OWN, keywords=KEYWORDS, quotes=QUOTES)


@pytest.mark.parametrize(
    "name",
    [
        "登录短信收不到",
        "驗證碼收不到",
        "App Store 下载慢",
        "短信/验证码",
        "验证码收不到怎么登录呢呀",
    ],
)
def test_a_name_that_speaks_of_the_topic_stands(name: str) -> None:
    assert accepts(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "码",
        "验证码收不到而且登录一直登录不上去",  # too long
        "Verification code",  # no Chinese
        "验证码\n收不到",
        "“验证码收不到”",
        "验证码收不到。",
        "-验证码",
        "验证码 ",
        "<b>验证码</b>",
        "[red]验证码",
        "=验证码",
        "验证码\u202e收不到",
        "验证码加群12345",
    ],
)
def test_what_does_not_look_like_a_name_is_refused(name: str) -> None:
    assert not accepts(name)


@pytest.mark.parametrize("name", ["其他问题", "用户反馈的问题", "App 功能建议", "其它產品體驗"])
def test_a_name_that_says_nothing_is_refused(name: str) -> None:
    assert not acceptable(name, own_name=name, keywords=(name,), quotes=())


def test_one_writer_alone_cannot_choose_the_name() -> None:
    assert not accepts("天天领红包")
    assert not acceptable(
        "天天领红包", own_name=OWN, keywords=KEYWORDS, quotes=("天天领红包", "天天领红包")
    )


def test_a_name_about_something_else_is_refused() -> None:
    assert not accepts("物流太慢")


def test_names_that_read_the_same_are_the_same() -> None:
    assert same_name("App 閃退") == same_name("ＡＰＰ闪退")
