"""What is pulled, how often: ``[pulls.NAME]`` of the file that names inlets.

::

    [pulls.store]
    connector = "app-store"
    source = "App Store"
    app = "123456789"
    country = "cn"
    every_hours = 6

    [pulls.page]
    connector = "tucao"
    source = "兔小巢"
    app = "10001"
    key = "env:TXC_KEY"
    days = 14
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from feedback_nlp.errors import ConfigError
from feedback_nlp.inlets import conversations, signatures
from feedback_nlp.inlets.config import Inlet
from feedback_nlp.inlets.records import Connector
from feedback_nlp.labels import SourceKind
from feedback_nlp.outlets.client import Client
from feedback_nlp.pulls import app_store, tucao

_NAME = re.compile(r"[\w.-]{1,60}")
_APP = re.compile(r"[0-9A-Za-z]{1,40}")
_COUNTRY = re.compile(r"[a-z]{2}")
_KEYS = {
    "app-store": {"app", "country"},
    "tucao": {"app", "key", "days"},
}
_SHARED = {"connector", "source", "product", "every_hours", "url"}
_CONNECTORS = {
    "app-store": Connector(
        "app-store", "App Store", SourceKind.APP_STORE, False, signatures.none, app_store.read
    ),
    "tucao": Connector(
        "tucao-api", "兔小巢", SourceKind.IN_APP, False, signatures.none, conversations.tucao
    ),
}


class Puller(Protocol):
    """Where feedback is fetched from."""

    def pages(self, client: Client, now: datetime) -> Iterator[list[Any]]:
        """Yield the entries of each page, as their connector reads them.

        Raises:
            PullFailed: If a page did not come; those before it were yielded.
        """
        ...


@dataclass(frozen=True, slots=True)
class Pull:
    """One thing to pull.

    Attributes:
        every_hours: How often the worker pulls.
        puller: Fetches.
        inlet: Reads and stores what was fetched, like a push.
    """

    name: str
    every_hours: int
    puller: Puller
    inlet: Inlet


def read_pulls(text: str, *, environment: Mapping[str, str]) -> dict[str, Pull]:
    """Return what is to be pulled, by name; the file is read before as the one of inlets.

    Raises:
        ConfigError: If it is not usable; names the pull and the key.
    """
    tables = tomllib.loads(text).get("pulls", {})
    if not isinstance(tables, dict):
        raise ConfigError("拉取写成 [pulls.名字]")
    return {name: _pull(name, values, environment) for name, values in tables.items()}


def _pull(name: str, values: Any, environment: Mapping[str, str]) -> Pull:
    def wrong(key: str, wanted: str) -> ConfigError:
        return ConfigError(
            f"拉取 {name[:60]} 的 {key} 不可用：{wanted}", hint="修改 FEEDBACK_INLETS 指的文件"
        )

    def text(key: str, default: str | None = None) -> str:
        value = values.get(key, default)
        if isinstance(value, str) and value.startswith("env:"):
            value = environment.get(value.removeprefix("env:"), "").strip()
        if not isinstance(value, str) or (not value and default is None):
            raise wrong(key, "要一段文字，或已设置的环境变量")
        return value

    def number(key: str, default: int, most: int) -> int:
        value = values.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= most:
            raise wrong(key, f"要 1–{most} 的整数")
        return value

    if not _NAME.fullmatch(name) or not isinstance(values, dict):
        raise ConfigError(f"拉取的名字 {name[:60]!r} 不可用", hint="用字母、汉字、数字、点或横线")
    connector = text("connector")
    if connector not in _CONNECTORS:
        raise wrong("connector", "可用 " + "、".join(_CONNECTORS))
    if unknown := values.keys() - _SHARED - _KEYS[connector]:
        raise wrong("、".join(sorted(unknown)), "不认识")
    app, country = text("app"), text("country", "cn")
    if not _APP.fullmatch(app) or not _COUNTRY.fullmatch(country):
        raise wrong("app 或 country", "app 是编号，country 是两个小写字母")
    puller: Puller
    if connector == "app-store":
        puller = app_store.AppStore(app, country, text("url", app_store.BASE).rstrip("/"))
    else:
        days, base = number("days", 14, 365), text("url", tucao.BASE).rstrip("/")
        puller = tucao.Tucao(app, text("key"), days, base)
    kind = _CONNECTORS[connector]
    inlet = Inlet(
        f"pull-{name}", kind, text("source"), kind.kind, text("product", "") or None, token=""
    )
    return Pull(name, number("every_hours", 6, 24), puller, inlet)
