"""Links: nothing inside one is a number; a link to a person is personal itself."""

from __future__ import annotations

import re
from collections.abc import Iterator

from feedback_nlp.clean.findings import PersonalDatum
from feedback_nlp.clean.labels import profile_link

_LINK = re.compile(
    r"(?:https?://|(?<![A-Za-z0-9.@])www\.)[A-Za-z0-9\-._~:/?#@!$&'*+,;=%\[\]]{3,2000}"
    r"|(?<![A-Za-z0-9.@\-])(?:[A-Za-z0-9\-]{1,40}\.){1,4}[A-Za-z]{2,8}/[A-Za-z0-9\-._~:/?#@!$&'*+,;=%]{1,2000}"
)
_NICKNAME_LINK = re.compile(r"(?:https?://)?(?:m\.)?weibo\.(?:com|cn)/n/[^\s/?#,，。;；]{1,30}")
_SCHEME = re.compile(r"https?://|www\.")
_TRAILING = ".,;:!?'"
_PARAMETER = re.compile(
    r"[?&](?P<name>phone|mobile|tel|email|mail|qq|idcard|id_card)=(?P<value>[^&#]{5,64})"
)
_KINDS = {"email": "邮箱", "mail": "邮箱", "qq": "QQ", "idcard": "身份证", "id_card": "身份证"}
_BARE = re.compile(r"\.[A-Za-z]{2,8}/")


def find_links(text: str) -> Iterator[tuple[int, int]]:
    """Yield ``(start, end)`` of the links of a text as it came, in order."""
    if "/" not in text or not ("://" in text or "www." in text or _BARE.search(text)):
        return
    position = 0
    for match in _LINK.finditer(text):
        named = _NICKNAME_LINK.match(text, match.start())
        end = named.end() if named else match.start() + len(match[0].rstrip(_TRAILING))
        if match.start() >= position:
            yield match.start(), end
            position = end
    if position == 0 and "/n/" in text:
        yield from (match.span() for match in _NICKNAME_LINK.finditer(text))


def find_in_links(text: str, links: list[tuple[int, int]]) -> Iterator[PersonalDatum]:
    """Yield links to a person, and what a link says of one in its parameters."""
    for start, end in links:
        address = text[start:end].lower()
        plain = _SCHEME.sub("", address, count=2)
        if profile_link().match(plain):
            yield PersonalDatum(start, end, "主页", plain.rstrip("/"))
            continue
        for match in _PARAMETER.finditer(address):
            left, right = match.span("value")
            kind = _KINDS.get(match["name"], "手机号")
            yield PersonalDatum(start + left, start + right, kind, match["value"])
