"""The file that names inlets: TOML to who may push what.

::

    [inlets.survey]
    connector = "wjx"
    source = "用户问卷"
    token = "env:WJX_TOKEN"        # the end of the address: at least 24 letters and digits
    secret = "env:WJX_KEY"         # where the sender signs
    allow = ["203.0.113.0/24"]     # who may push, if it is known
    contact = "entry.field_3"      # where the address for an answer stands
    consent = "entry.field_4"      # and whether it may be used, or "always"
"""

from __future__ import annotations

import hmac
import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

from feedback_nlp.errors import ConfigError
from feedback_nlp.inlets.connectors import CONNECTORS
from feedback_nlp.inlets.generic import NAMES
from feedback_nlp.inlets.records import Connector
from feedback_nlp.labels import SourceKind

_TOKEN = re.compile(r"[A-Za-z0-9_-]{24,128}")
_NAME = re.compile(r"[\w.-]{1,60}")
_KEYS = {"connector", "source", "kind", "product", "token", "secret", "allow", "mapping"}
_KEYS |= {"contact", "consent"}


@dataclass(frozen=True, slots=True)
class Inlet:
    """One address that takes pushes.

    Attributes:
        name: In the file.
        source: Name of the source that its feedback belongs to.
        token: The end of its address; who has it can push.
        secret: Of signatures; blank where the sender does not sign.
        networks: Who may push; anybody if empty.
        mapping: How bodies are read.
        contact: Dotted path of the address that people left for an answer; blank for none.
        consent: Dotted path of their consent to it, or ``always``, where the form itself
            says that the address is for an answer.
    """

    name: str
    connector: Connector
    source: str
    kind: SourceKind
    product: str | None
    token: str = field(repr=False)
    secret: str = field(default="", repr=False)
    networks: Sequence[IPv4Network | IPv6Network] = ()
    mapping: Mapping[str, Any] = field(default_factory=dict)
    contact: str = ""
    consent: str = ""

    def admits(self, address: str) -> bool:
        """Tell whether a client at an address may push."""
        if not self.networks:
            return True
        try:
            client = ip_address(address)
        except ValueError:
            return False
        return any(client.version == net.version and client in net for net in self.networks)


@dataclass(frozen=True, slots=True)
class Inlets:
    """The configured inlets, by name."""

    by_name: Mapping[str, Inlet] = field(default_factory=dict)

    def with_token(self, token: str) -> Inlet | None:
        """Return the inlet of a token, in the same time whichever it is."""
        found = None
        for inlet in self.by_name.values():
            if hmac.compare_digest(inlet.token.encode(), token.encode()):
                found = inlet
        return found


def read_inlets(text: str, *, environment: Mapping[str, str]) -> Inlets:
    """Return the inlets of a file.

    Args:
        text: Its content.
        environment: Where ``env:NAME`` is looked up.

    Raises:
        ConfigError: If it is not usable; names the inlet and the key.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"入口配置不是 TOML：{error}", hint="检查语法") from error
    content.pop("pulls", None)  # read by feedback_nlp.pulls.config
    tables = content.pop("inlets", {})
    if content or not isinstance(tables, dict):
        raise ConfigError(
            f"入口配置里不认识 {'、'.join(content) or 'inlets'}", hint="写成 [inlets.名字]"
        )
    inlets = {name: _inlet(name, values, environment) for name, values in tables.items()}
    if len({inlet.token for inlet in inlets.values()}) < len(inlets):
        raise ConfigError("两个入口用了同一个 token", hint="每个入口各用一个")
    return Inlets(inlets)


def _inlet(name: str, values: Any, environment: Mapping[str, str]) -> Inlet:
    if not _NAME.fullmatch(name) or not isinstance(values, dict):
        raise ConfigError(f"入口名 {name!r} 不可用", hint="用 1–60 个字母、汉字、数字、点或横线")

    def wrong(key: str, wanted: str) -> ConfigError:
        return ConfigError(
            f"入口 {name} 的 {key} 不可用：{wanted}", hint="修改 FEEDBACK_INLETS 指的文件"
        )

    def text(key: str, default: str | None = None) -> str:
        value = values.get(key, default)
        if not isinstance(value, str) or (not value and default is None):
            raise wrong(key, "要一段文字")
        if value.startswith("env:"):
            value = environment.get(value.removeprefix("env:"), "").strip()
            if not value:
                raise wrong(key, "环境变量没有设置")
        return value

    if unknown := values.keys() - _KEYS:
        raise wrong("、".join(sorted(unknown)), "不认识")
    connector = CONNECTORS.get(text("connector"))
    if connector is None:
        raise wrong("connector", "可用 " + "、".join(CONNECTORS))
    token, secret, mapping = text("token"), text("secret", ""), values.get("mapping", {})
    if not _TOKEN.fullmatch(token):
        raise wrong("token", "要 24–128 个字母、数字、横线或下划线")
    if secret and not connector.signs:
        raise wrong("secret", f"{connector.label}不签名，用不上密钥")
    if not isinstance(mapping, dict) or (
        connector.name == "generic"
        and (not {"text", "source_key"} <= mapping.keys() or mapping.keys() - NAMES)
    ):
        raise wrong("mapping", "至少要 text 和 source_key；还可用 " + "、".join(sorted(NAMES)))
    contact, consent = text("contact", ""), text("consent", "")
    if bool(contact) != bool(consent):
        raise wrong("contact 或 consent", "要一起写；表单本身就是为了回复的，consent 写 always")
    try:
        kind = SourceKind(text("kind", connector.kind.value))
        networks = tuple(ip_network(one) for one in values.get("allow", ()))
    except (ValueError, TypeError) as error:
        raise wrong("kind 或 allow", "kind 写来源类型，allow 写网段的列表") from error
    return Inlet(
        name,
        connector,
        text("source"),
        kind,
        text("product", "") or None,
        token,
        secret,
        networks,
        mapping,
        contact,
        consent,
    )
