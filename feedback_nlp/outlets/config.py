"""The file that names outlets: TOML to senders.

::

    allow_local = ["127.0.0.1:9000"]       # besides FEEDBACK_OUTGOING_ALLOW

    [outlets.crm]
    channel = "webhook"
    url = "https://example.com/hook"
    secrets = ["env:CRM_SECRET"]           # read from the environment

    [outlets.ops]
    channel = "wecom"                      # or dingtalk, feishu, slack
    url = "env:WECOM_ROBOT"
    secret = "env:ROBOT_SECRET"            # DingTalk, Feishu: if the robot signs
    keyword = "周报"                        # if the robot wants a word

    [outlets.mail]
    channel = "email"
    host = "smtp.example.com"
    security = "starttls"                  # or tls, none
    from = "用户反馈 <feedback@example.com>"
    to = ["ops@example.com"]

Keys and addresses appear in no message: a robot's address is its password.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from feedback_nlp.errors import ConfigError, NotFound
from feedback_nlp.outlets.client import Client
from feedback_nlp.outlets.dialects import DINGTALK, FEISHU, SLACK, WECOM, Dialect
from feedback_nlp.outlets.mail import MailSender
from feedback_nlp.outlets.records import Channel, Sender
from feedback_nlp.outlets.robots import RobotSender
from feedback_nlp.outlets.webhook import WebhookSender

_NAME = re.compile(r"[\w.-]{1,60}")
Reader = Callable[["Table"], Sender]


@dataclass(frozen=True, slots=True)
class Outlets:
    """The configured outlets.

    Attributes:
        senders: By name, in the order of the file.
        client: Careful HTTP with this deployment's exceptions.
    """

    senders: Mapping[str, Sender] = field(default_factory=dict)
    client: Client = field(default_factory=Client)

    def sender(self, name: str) -> Sender:
        """Return one.

        Raises:
            NotFound: If there is none of that name.
        """
        try:
            return self.senders[name]
        except KeyError:
            known = "、".join(self.senders) or "还没有配置"
            raise NotFound(
                f"没有名为 {name[:60]} 的出口", reason="unknown-outlet", known=known
            ) from None


@dataclass(slots=True)
class Table:
    """One ``[outlets.NAME]``, read key by key so that what nobody reads is an error."""

    name: str
    values: dict[str, Any]
    environment: Mapping[str, str]
    client: Client

    def text(self, key: str, default: str | None = None) -> str:
        """Return a string; ``env:NAME`` is looked up."""
        value = self.values.pop(key, default)
        if not isinstance(value, str) or (not value and default is None):
            raise self.wrong(key, "要一段文字")
        return self._looked_up(key, value)

    def texts(self, key: str) -> list[str]:
        """Return a list of at least one string."""
        value = self.values.pop(key, None)
        if not isinstance(value, list) or not value or not all(isinstance(v, str) for v in value):
            raise self.wrong(key, "要一个文字的列表，至少一项")
        return [self._looked_up(key, item) for item in value]

    def number(self, key: str, default: int) -> int:
        """Return a positive whole number."""
        value = self.values.pop(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            raise self.wrong(key, "要一个正整数")
        return value

    def wrong(self, key: str, wanted: str) -> ConfigError:
        """Return the error of a key."""
        return ConfigError(
            f"出口 {self.name} 的 {key} 不可用：{wanted}", hint="修改 FEEDBACK_OUTLETS 指的文件"
        )

    def _looked_up(self, key: str, value: str) -> str:
        if not value.startswith("env:"):
            return value
        name = value.removeprefix("env:")
        found = self.environment.get(name, "").strip()
        if not found:
            raise self.wrong(key, f"环境变量 {name} 没有设置")
        return found


def _webhook(table: Table) -> Sender:
    return WebhookSender(table.client, table.text("url"), tuple(table.texts("secrets")))


def _robot(dialect: Dialect) -> Reader:
    def read(table: Table) -> Sender:
        return RobotSender(
            table.client,
            dialect,
            table.text("url"),
            table.text("secret", ""),
            table.text("keyword", ""),
        )

    return read


def _mail(table: Table) -> Sender:
    security = table.text("security", "starttls")
    if security not in _MAIL_PORTS:
        raise table.wrong("security", "可用 " + "、".join(_MAIL_PORTS))
    return MailSender(
        host=table.text("host"),
        port=table.number("port", _MAIL_PORTS[security]),
        security=security,
        sender=table.text("from"),
        to=tuple(table.texts("to")),
        username=table.text("username", ""),
        password=table.text("password", ""),
    )


_MAIL_PORTS = {"starttls": 587, "tls": 465, "none": 25}
_READERS: Mapping[str, Reader] = {
    Channel.WEBHOOK.value: _webhook,
    Channel.WECOM.value: _robot(WECOM),
    Channel.DINGTALK.value: _robot(DINGTALK),
    Channel.FEISHU.value: _robot(FEISHU),
    Channel.SLACK.value: _robot(SLACK),
    Channel.EMAIL.value: _mail,
}


def read_outlets(
    text: str,
    *,
    allow_local: str = "",
    environment: Mapping[str, str],
    client: Client | None = None,
) -> Outlets:
    """Return the outlets of a file.

    Args:
        text: Its content.
        allow_local: ``FEEDBACK_OUTGOING_ALLOW``.
        environment: Where ``env:NAME`` is looked up.
        client: Replaceable for tests.

    Raises:
        ConfigError: If it is not usable; names the outlet and the key.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"出口配置不是 TOML：{error}", hint="检查语法") from error
    allowed = content.pop("allow_local", [])
    if not isinstance(allowed, list) or not all(isinstance(item, str) for item in allowed):
        raise ConfigError("allow_local 不可用", hint='例如 allow_local = ["127.0.0.1:9000"]')
    allowed += [item.strip() for item in allow_local.split(",") if item.strip()]
    client = replace(client or Client(), allow_local=frozenset(allowed))
    tables = content.pop("outlets", {})
    if content or not isinstance(tables, dict):
        raise ConfigError(
            f"出口配置里不认识 {'、'.join(content) or 'outlets'}", hint="出口写成 [outlets.名字]"
        )
    return Outlets(
        {name: _sender(name, values, environment, client) for name, values in tables.items()},
        client,
    )


def _sender(name: str, values: Any, environment: Mapping[str, str], client: Client) -> Sender:
    if not _NAME.fullmatch(name) or not isinstance(values, dict):
        raise ConfigError(f"出口名 {name!r} 不可用", hint="用 1–60 个字母、汉字、数字、点或横线")
    table = Table(name, dict(values), environment, client)
    channel = table.text("channel")
    reader = _READERS.get(channel)
    if reader is None:
        raise table.wrong("channel", "可用 " + "、".join(_READERS))
    sender = reader(table)
    if table.values:
        raise table.wrong("、".join(table.values), "不认识")
    return sender
