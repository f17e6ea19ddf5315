"""Every robot against a local server that answers as its vendor does, faults included."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from feedback_nlp.outlets.client import Client
from feedback_nlp.outlets.dialects import DINGTALK, FEISHU, SLACK, WECOM, Dialect
from feedback_nlp.outlets.escaping import harmless
from feedback_nlp.outlets.records import Block, Message, OutcomeKind
from feedback_nlp.outlets.robots import RobotSender
from feedback_nlp.outlets.signing import dingtalk_sign, feishu_sign
from tests.outlets.local_server import Reply, Sink

NOW = datetime(2026, 11, 16, 1, 10, tzinfo=UTC)
ALL = [WECOM, DINGTALK, FEISHU, SLACK]
OK = {
    "wecom": b'{"errcode":0,"errmsg":"ok"}',
    "dingtalk": b'{"errcode":0,"errmsg":"ok"}',
    "feishu": b'{"code":0,"msg":"success"}',
    "slack": b"ok",
}


def robot(dialect: Dialect, sink: Sink, secret: str = "", **limits: Any) -> RobotSender:
    client = Client(allow_local={sink.allowed}, **limits)
    return RobotSender(client, dialect, f"{sink.url}?key=geheim", secret)


def text_of(dialect: Dialect, body: dict[str, Any]) -> str:
    match dialect.channel.value:
        case "wecom":
            return str(body["markdown"]["content"])
        case "dingtalk":
            return str(body["markdown"]["text"])
        case "feishu":
            return str(body["card"]["elements"][0]["content"])
        case _:
            return str(body["blocks"][1]["text"]["text"])


def test_signatures_are_those_of_the_vendors() -> None:
    assert feishu_sign("demo", 1700000000) == "8oT2n3SMKFfEnDoiwer8BUM/SjKLwe9SqoEIHlhDTKo="
    assert dingtalk_sign("demo", 1700000000000) == "xfnlAuOK5y01v9a1lNRpnLkBRS0dfla0aOWLQMANQuE="


@pytest.mark.parametrize("dialect", ALL, ids=lambda d: d.channel)
def test_a_message_arrives_and_the_body_says_so(dialect: Dialect, sink: Sink) -> None:
    sink.replies = [Reply(body=OK[dialect.channel])]
    out = robot(dialect, sink, "demo")
    blocks = [
        Block("heading", "本周变化"),
        Block("item", "App 闪退（8→46 人）", strong="上升"),
        Block("quote", "一点结算就闪退"),
    ]
    (part,) = out.parts(Message("用户反馈周报", blocks), now=NOW)
    assert out.send(part, key="k", now=1700000000).kind is OutcomeKind.SENT
    (got,) = sink.received
    body = json.loads(got.body)
    assert "用户反馈周报".encode() in got.body, "Chinese goes as it is, not as escapes"
    text = text_of(dialect, body)
    for words in ("本周变化", "App 闪退（8→46 人）", "上升", "一点结算就闪退"):
        assert words in text
    query = parse_qs(urlsplit(got.path).query)
    if dialect is DINGTALK:
        assert query["timestamp"] == ["1700000000000"]
        assert query["sign"] == [dingtalk_sign("demo", 1700000000000)]
        assert body["at"] == {"isAtAll": False}
    if dialect is FEISHU:
        assert (body["timestamp"], body["sign"]) == ("1700000000", feishu_sign("demo", 1700000000))


FAULTS = [
    (WECOM, Reply(body=b'{"errcode":45009,"errmsg":"rate"}'), OutcomeKind.RETRY, 60),
    (WECOM, Reply(body=b'{"errcode":93000,"errmsg":"key"}'), OutcomeKind.REFUSED, None),
    (WECOM, Reply(body=b'{"errcode":40058,"errmsg":"long"}'), OutcomeKind.REFUSED, None),
    (WECOM, Reply(body=b'{"errcode":-1,"errmsg":"busy"}'), OutcomeKind.RETRY, None),
    (DINGTALK, Reply(body=b'{"errcode":310000,"errmsg":"sign"}'), OutcomeKind.REFUSED, None),
    (DINGTALK, Reply(body=b'{"errcode":130101,"errmsg":"fast"}'), OutcomeKind.RETRY, 600),
    (FEISHU, Reply(body=b'{"code":19021,"msg":"sign"}'), OutcomeKind.REFUSED, None),
    (FEISHU, Reply(body=b'{"code":19022,"msg":"ip"}'), OutcomeKind.REFUSED, None),
    (FEISHU, Reply(body=b'{"code":19024,"msg":"word"}'), OutcomeKind.REFUSED, None),
    (FEISHU, Reply(body=b'{"code":9499,"msg":"bad"}'), OutcomeKind.REFUSED, None),
    (FEISHU, Reply(body=b'{"code":11232,"msg":"fast"}'), OutcomeKind.RETRY, 60),
    (FEISHU, Reply(body=b'{"StatusCode":0}'), OutcomeKind.SENT, None),
    (SLACK, Reply(400, b"invalid_payload"), OutcomeKind.REFUSED, None),
    (SLACK, Reply(404, b"channel_is_archived"), OutcomeKind.REFUSED, None),
    (SLACK, Reply(429, b"", {"Retry-After": "30"}), OutcomeKind.RETRY, 30),
    *[
        case
        for dialect in ALL
        for case in (
            (dialect, Reply(500, b""), OutcomeKind.RETRY, None),
            (dialect, Reply(429, b"", {"Retry-After": "7"}), OutcomeKind.RETRY, 7),
            (dialect, Reply(504, b""), OutcomeKind.UNKNOWN, None),
            (dialect, Reply(302, b"", {"Location": "/x"}), OutcomeKind.REFUSED, None),
            (dialect, Reply(200, b"<html>login</html>"), OutcomeKind.UNKNOWN, None),
            (dialect, Reply(cut=True), OutcomeKind.UNKNOWN, None),
            (dialect, Reply(drip=True), OutcomeKind.UNKNOWN, None),
        )
    ],
]


@pytest.mark.parametrize(("dialect", "reply", "kind", "pause"), FAULTS)
def test_faults_are_judged(
    dialect: Dialect, reply: Reply, kind: OutcomeKind, pause: float | None, sink: Sink
) -> None:
    sink.replies = [reply]
    out = robot(dialect, sink, total_seconds=0.5)
    (part,) = out.parts(Message("好"), now=NOW)
    outcome = out.send(part, key="k", now=NOW.timestamp())
    assert (outcome.kind, outcome.retry_after) == (kind, pause)
    assert "geheim" not in outcome.detail
    assert len(sink.received) == 1


@pytest.mark.parametrize("dialect", ALL, ids=lambda d: d.channel)
def test_long_messages_are_split_within_the_limit(dialect: Dialect, sink: Sink) -> None:
    lines = [f"第{number}条：{'退款一直没到账😤' * (number % 17)}" for number in range(400)]
    out = robot(dialect, sink)
    parts = out.parts(Message("很长的周报", [Block("text", line) for line in lines]), now=NOW)
    assert len(parts) > 1
    told = []
    for part in parts:
        text = text_of(dialect, part)
        if dialect is SLACK:
            assert len(text) <= 3_000
        elif dialect is WECOM:
            assert len(text.encode()) <= 4_096
        else:
            assert len(json.dumps(part, ensure_ascii=False).encode()) <= 20_000
        told += [line for line in text.split("\n") if line.startswith("第")]
    assert told == lines, "lines stay whole and in order"
    assert "（1/" in json.dumps(parts[0], ensure_ascii=False)


def test_a_line_beyond_the_limit_is_cut_between_characters(sink: Sink) -> None:
    long = "👨‍👩‍👧‍👦é退" * 1_000
    parts = robot(WECOM, sink).parts(Message("长", [Block("text", long)]), now=NOW)
    texts = [text_of(WECOM, part).split("\n", 1)[1] for part in parts]
    assert all(len(text.encode()) <= 4_096 for text in texts)
    assert not any(text.startswith(("\u200d", "\u0301")) for text in texts)


HOSTILE = [
    "@所有人 快来看",
    "＠所有人",
    "@all @here @channel",
    "<@all> <@userid> <!channel> <!here> <@U123>",
    '<at user_id="all">所有人</at> <at id=all></at>',
    "[点我领奖](https://evil.example.com/a)",
    "![](http://evil.example.com/x.png)",
    "看 https://evil.example.com/path?q=1 这里",
    "hxxp不算 evil.com/x 算",
    "ｈｔｔｐ：／／ｅｖｉｌ．ｃｏｍ／ａ",
    "http://1.2.3.4/a 和 1.2.3.4:8080/b",
    "evil。com",
    "weixin://dl/business javascript:alert(1) mailto:a@b.cn",
    "<https://evil.com|银行>",
    '</font><font color="warning">假的</font>',
    "**粗** _斜_ `代码` ~删~ # 标题 | 表",
    "第一行\n# 假标题\n> 假引用\r\n\u2028- 假列表",
    "h\u200btt\u200bp://evil.com",
    "\u202egnp.exe",
    "&lt;@all&gt;",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("dialect", ALL, ids=lambda d: d.channel)
@pytest.mark.parametrize("place", ["title", "text", "strong"])
def test_words_of_strangers_reach_no_robot_as_markup(
    dialect: Dialect, text: str, place: str, sink: Sink
) -> None:
    message = {
        "title": Message(text),
        "text": Message("周报", [Block("quote", text)]),
        "strong": Message("周报", [Block("item", "好", strong=text)]),
    }[place]
    (part,) = robot(dialect, sink).parts(message, now=NOW)
    assert json.dumps(harmless(text)[:12], ensure_ascii=False)[1:-1] in json.dumps(
        part, ensure_ascii=False
    )
    sent = json.dumps(part, ensure_ascii=False)
    assert "@" not in sent
    assert "evil.com" not in sent
    assert "evil.example" not in sent
    assert "://" not in sent
    assert "ｅｖｉｌ" not in sent
    assert "javascript:" not in sent
    for sign in "<[]`|&\u200b\u202e\u2028":
        assert sign not in harmless(text)
    assert "\n" not in harmless(text)


@pytest.mark.parametrize(
    "text",
    [
        "升级到5.3.0版本就闪退",
        "手机〔手机·0189〕",
        "满100减20，3.5折！？（真的）",
        "Node.js写的吧 v2.0.1",
    ],
)
def test_ordinary_words_stay_as_they_are(text: str) -> None:
    assert harmless(text) == text


def test_our_own_link_is_a_link(sink: Sink) -> None:
    for dialect in ALL:
        (part,) = robot(dialect, sink).parts(
            Message("周报", link="https://feedback.example.com/"), now=NOW
        )
        assert "https://feedback.example.com/" in text_of(dialect, part)
