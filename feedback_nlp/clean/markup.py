"""HTML out, where it clearly is HTML: ``<3``, ``a<b`` and ``R&D`` stay.

Every pattern stops at the next ``<`` or ``>``, so that matching is linear in the text.
"""

from __future__ import annotations

import re

from feedback_nlp.clean.characters import clean_characters

_BREAKING = re.compile("blockquote|br|d[dlt]|div|h[1-6]|hr|li|[ou]l|p|pre|table|tbody|t[dhr]")
_INLINE = re.compile(
    "a|abbr|article|audio|b|big|body|button|center|cite|code|del|em|font|footer|form|head|header"
    "|html|i|iframe|img|input|ins|label|link|main|mark|meta|nav|picture|q|s|script|section|small"
    "|source|span|strike|strong|style|su[bp]|svg|title|tt|u|var|video"
)
_HIDDEN = re.compile(r"<!--[^<>]*-->|<(script|style)(?:\s[^<>]*)?>[^<]*</\1\s*>", re.IGNORECASE)
_TAG = re.compile(r"</?([a-zA-Z][a-zA-Z0-9]{0,9})(\s[^<>]*|/)?>")
_ENTITY = re.compile(
    r"&(?:amp;)*(?:(amp|lt|gt|quot|apos|nbsp|ensp|emsp|hellip|mdash|ndash|middot|ldquo|rdquo|lsquo"
    r"|rsquo|#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6});|(?<=;))"
)
_NAMED = {
    "amp": "&",
    "lt": "<",
    "gt": ">",
    "quot": '"',
    "apos": "'",
    "nbsp": " ",
    "ensp": " ",
    "emsp": " ",
    "hellip": "…",
    "mdash": "—",
    "ndash": "–",
    "middot": "·",
    "ldquo": "“",
    "rdquo": "”",
    "lsquo": "‘",
    "rsquo": "’",
}
_PASSES = 6
_HIGHEST_CODE_POINT = 0x10FFFF


def strip_markup(text: str) -> str:
    """Return ``text`` without tags, comments and entities. Idempotent; never raises."""
    for _ in range(_PASSES):
        if "<" not in text and "&" not in text:
            return text
        stripped = _TAG.sub(_plain_tag, _HIDDEN.sub("", _ENTITY.sub(_plain_entity, text)))
        stripped = clean_characters(stripped)
        if stripped == text:
            return text
        text = stripped
    # Nested on purpose: make what is left harmless instead of going on for ever.
    return text.replace("<", "＜").replace("&", "＆")


def _plain_tag(match: re.Match[str]) -> str:
    name, attributes = match[1].lower(), (match[2] or "").strip(" \t\n/")
    if attributes and "=" not in attributes:
        return match[0]
    if _BREAKING.fullmatch(name):
        return "\n"
    return "" if _INLINE.fullmatch(name) else match[0]


def _plain_entity(match: re.Match[str]) -> str:
    name = match[1]
    if name is None:
        return "&"
    if not name.startswith("#"):
        return _NAMED[name]
    code_point = int(name[2:], 16) if name[1] in "xX" else int(name[1:])
    return chr(code_point) if 0 < code_point <= _HIGHEST_CODE_POINT else "\ufffd"
