"""Words of other people, made harmless for a chat: no mention, no link, no markup.

Robots differ in what they take for markup and in how it is escaped (WeCom knows no
backslash), so the characters themselves are replaced by their full-width forms, which no
client reads as markup and every reader reads as before. Links are not shown at all: a chat
makes links of plain addresses, and what a stranger wrote must not be one click away.
"""

from __future__ import annotations

import re
import unicodedata

_LINK = "〔链接〕"
_SPECIAL = str.maketrans("@<>&[]()*_`~#|\\", "＠＜＞＆［］（）＊＿｀～＃｜＼")
# Full-width letters, digits and the marks of addresses: only to find links in disguise.
_FOLD = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3002: ".", 0xFF61: "."}
_HIDDEN = frozenset({"Cf", "Cc", "Co", "Cs", "Zl", "Zp"})
_TOP_LEVEL = (
    "com|cn|net|org|edu|gov|info|biz|io|co|me|cc|tv|top|xyz|vip|shop|site|online|app|dev|link|club|"
    "fun|work|live|tech|pro|store|wang|ink|ltd|group|ru|us|uk|jp|kr|hk|tw|de|fr|eu|in|ai|gg|ly|to|"
    "sh|so|im|la|pw|su|ws|tk|ml|ga|cf|gq|icu|cyou|win|bid|loan|men|click|rest|buzz|mobi|asia|page"
)
_WEB = re.compile(
    r"[a-z][a-z0-9+.-]{1,20}:\s*/{1,2}[^\s，。、；！？）】》”’<>]+"
    r"|(?:mailto|tel|sms|javascript|data|weixin|dingtalk|lark):[^\s，。、；！？）】》”’<>]+"
    rf"|(?:[a-z0-9-]+\.)+(?:{_TOP_LEVEL})(?![a-z0-9-])(?::\d+)?(?:/[^\s，。、；！？）】》”’<>]*)?"
    r"|\d{1,3}(?:\.\d{1,3}){3}[:/][^\s，。、；！？）】》”’<>]*",
    re.IGNORECASE,
)


def harmless(text: str) -> str:
    """Return ``text`` on one line, without links, mentions and markup.

    >>> harmless("<@all> 看 https://evil.example/x *快*")
    '＜＠all＞ 看 〔链接〕 ＊快＊'
    """
    visible = "".join(
        " " if character.isspace() else character
        for character in text
        if character.isspace() or unicodedata.category(character) not in _HIDDEN
    )
    return _without_links(" ".join(visible.split())).translate(_SPECIAL)


def _without_links(text: str) -> str:
    folded = text.translate(_FOLD)  # one character for one, so that places agree
    kept, end = [], 0
    for found in _WEB.finditer(folded):
        kept += [text[end : found.start()], _LINK]
        end = found.end()
    return "".join([*kept, text[end:]])
