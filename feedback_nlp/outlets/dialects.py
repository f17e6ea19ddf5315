"""How the three Chinese robots and Slack write a message, and what their answers mean.

All of them answer 200 to a message that they did not deliver: the body decides.

Source: WeCom 91770 and 99110; DingTalk custom robots; Feishu custom bots; Slack incoming webhooks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from feedback_nlp.outlets.client import Answer
from feedback_nlp.outlets.posting import json_object
from feedback_nlp.outlets.records import Channel, Outcome, OutcomeKind, Pace
from feedback_nlp.outlets.signing import dingtalk_sign, feishu_sign
from feedback_nlp.outlets.splitting import Size, utf8_size

Body = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Dialect:
    """One kind of robot.

    Attributes:
        channel: Its name here.
        pace: How fast one robot may be spoken to.
        limit: Largest size of the text of one message.
        size: How its text is measured.
        separator: What ends a line.
        heading, strong, quoted: Templates of markup, with ``{}`` for harmless words.
        link: Template with ``{url}`` and ``{words}``.
        body: Makes a request's body of a title and a text.
        signed: Returns the URL and the body to send at a time, with a secret.
        judge: Says what an answer's object means.
    """

    channel: Channel
    pace: Pace
    limit: int
    size: Size
    separator: str
    heading: str
    strong: str
    quoted: str
    link: str
    body: Callable[[str, str], Body]
    signed: Callable[[str, Mapping[str, Any], str, float], tuple[str, Body]]
    judge: Callable[[Answer], Outcome]


def _json_size(text: str) -> int:
    return len(json.dumps(text, ensure_ascii=False).encode()) - 2


def _unsigned(url: str, body: Mapping[str, Any], _secret: str, _now: float) -> tuple[str, Body]:
    return url, dict(body)


def _dingtalk_signed(
    url: str, body: Mapping[str, Any], secret: str, now: float
) -> tuple[str, Body]:
    if not secret:
        return url, dict(body)
    timestamp = int(now * 1000)
    sign = quote(dingtalk_sign(secret, timestamp), safe="")
    return f"{url}{'&' if '?' in url else '?'}timestamp={timestamp}&sign={sign}", dict(body)


def _feishu_signed(url: str, body: Mapping[str, Any], secret: str, now: float) -> tuple[str, Body]:
    if not secret:
        return url, dict(body)
    timestamp = int(now)
    return url, {"timestamp": str(timestamp), "sign": feishu_sign(secret, timestamp), **body}


def _by_code(
    names: Sequence[str], busy: Mapping[int, float], final: Mapping[int, str]
) -> Callable[[Answer], Outcome]:
    """Return a judge of answers that carry a code: 0 is delivery.

    Args:
        names: Where the code may stand, the first that is there decides.
        busy: Codes that pass, with the seconds to wait.
        final: Codes that need a person, with words.
    """

    def judge(answer: Answer) -> Outcome:
        said = json_object(answer) or {}
        code = next((said[name] for name in names if isinstance(said.get(name), int)), None)
        if code is None:
            return Outcome(OutcomeKind.UNKNOWN, "回答里没有结果码")
        if code == 0:
            return Outcome(OutcomeKind.SENT)
        if code in busy:
            return Outcome(OutcomeKind.RETRY, f"错误码 {code}：发得太快", busy[code])
        if code in final:
            return Outcome(OutcomeKind.REFUSED, f"错误码 {code}：{final[code]}")
        return Outcome(OutcomeKind.RETRY, f"错误码 {code}")

    return judge


def _slack_judge(answer: Answer) -> Outcome:
    if answer.body.strip() == b"ok":
        return Outcome(OutcomeKind.SENT)
    return Outcome(OutcomeKind.UNKNOWN, "回答不是 ok")


def _slack_body(title: str, text: str) -> Body:
    return {
        "text": title,
        "unfurl_links": False,
        "unfurl_media": False,
        "blocks": [
            {"type": "header", "text": {"type": "plain_text", "text": title[:150]}},
            {"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": True}},
        ],
    }


WECOM = Dialect(
    channel=Channel.WECOM,
    pace=Pace(20, 60),
    limit=4_096,
    size=utf8_size,
    separator="\n",
    heading="### {}",
    strong="**{}**",
    quoted="> {}",
    link="[{words}]({url})",
    body=lambda title, text: {
        "msgtype": "markdown",
        "markdown": {"content": f"## {title}\n{text}"},
    },
    signed=_unsigned,
    judge=_by_code(
        ["errcode"],
        {45009: 60.0},
        {93000: "机器人地址不对或已移除", 40058: "消息超出长度", 40008: "消息类型不对"},
    ),
)
DINGTALK = Dialect(
    channel=Channel.DINGTALK,
    pace=Pace(20, 60),
    limit=18_000,
    size=_json_size,
    separator="\n\n",
    heading="#### {}",
    strong="**{}**",
    quoted="> {}",
    link="[{words}]({url})",
    body=lambda title, text: {
        "msgtype": "markdown",
        "markdown": {"title": title, "text": f"### {title}\n\n{text}"},
        "at": {"isAtAll": False},
    },
    signed=_dingtalk_signed,
    judge=_by_code(
        ["errcode"],
        {130101: 600.0, 410100: 600.0},  # a robot that was too fast is muted for ten minutes
        {310000: "关键词、加签或 IP 没有通过机器人的安全设置", 300001: "机器人地址不对或已停用"},
    ),
)
FEISHU = Dialect(
    channel=Channel.FEISHU,
    pace=Pace(5, 3.2, avoid_half_hours=True),  # within 5 a second and 100 a minute
    limit=18_000,
    size=_json_size,
    separator="\n",
    heading="**{}**",
    strong="**{}**",
    quoted="“{}”",
    link="[{words}]({url})",
    body=lambda title, text: {
        "msg_type": "interactive",
        # Cards of schema 2.0 are not sure to be taken from webhook bots; 1.0 is.
        "card": {
            "config": {"wide_screen_mode": True},
            "header": {"template": "blue", "title": {"tag": "plain_text", "content": title}},
            "elements": [{"tag": "markdown", "content": text}],
        },
    },
    signed=_feishu_signed,
    judge=_by_code(
        ["code", "StatusCode"],
        {11232: 60.0},
        {
            19021: "签名不对，或本机时钟偏差超过一小时",
            19022: "本机 IP 不在机器人的白名单里",
            19024: "没有机器人要求的关键词",
            19001: "机器人地址不对或已停用",
            9499: "消息格式不对",
        },
    ),
)
SLACK = Dialect(
    channel=Channel.SLACK,
    pace=Pace(1, 1),
    limit=2_900,
    size=len,
    separator="\n",
    heading="*{}*",
    strong="*{}*",
    quoted="> {}",
    link="<{url}|{words}>",
    body=_slack_body,
    signed=_unsigned,
    judge=_slack_judge,
)
