"""What is not the writer's own: forwarded chains, reply heads, mentions, share tails, links.

All patterns expect NFKC text, so that full-width and half-width punctuation are one.
"""

from __future__ import annotations

import re

_WHO = r"(?:@[^:\n]{1,40}|〔用户·[0-9a-f]{4,64}〕)"  # as it came, or as it is stored
_FORWARD = re.compile(rf"//\s?{_WHO}:")
_REPLY_HEAD = re.compile(rf"^\s*(?:回复|回覆|回復|Reply)\s?{_WHO}:\s*")
_ONLY_FORWARDED = re.compile(
    r"^\s*(?:转发微博|轉發微博|转发|Repost|快转微博|分享图片|分享视频|图片评论)[。.!]?\s*$"
)
_URL = re.compile(r"(?:https?://|www\.)[A-Za-z0-9\-._~:/?#@!$&'*+,;=%]+|\bt\.cn/[A-Za-z0-9]+")
_LINK_WORD = re.compile(
    r"O?网页链接|查看图片|查看链接|L?[^\s,。!?]{0,12}的微博视频|收起全文d?|展开全文c?|全文$"
)
_LINK_HINTS = ("链接", "查看图片", "微博视频", "全文")
_SHARE_TAIL = re.compile(
    r"\((?:分享自|来自|来源|via)[^()\n]{0,60}\)\s*$|(?:分享自|来自|via) ?@\S{1,30}\s*$|"
    r"\[(?:图片|视频|组图共\d+张|位置|语音)\]"
)
_SHARE_HINTS = ("来自", "分享自", "来源", "via", "[")
_SHARED_TITLE = re.compile(
    r"(?:我(?:刚刚?)?分享了?|分享|我在[^【\n]{0,12})【[^】\n]{1,80}】|【[^】\n]{1,80}】(?=\s*(?:https?://|t\.cn/))"
)
_HASHTAG = re.compile(r"#([^#\n]{1,40})#")
_MENTION = re.compile(r"@[\w\-·]{1,30}(?=[\s:]|$)[:]?|〔用户·[0-9a-f]{4,64}〕:?")


def own_words(text: str) -> str:
    """Return the part of an NFKC ``text`` that its writer wrote; may be empty."""
    if "@" in text or "〔用户·" in text:
        forward = _FORWARD.search(text)
        if forward:
            text = text[: forward.start()]
        text = _MENTION.sub(" ", _REPLY_HEAD.sub("", text))
    if "【" in text:
        text = _SHARED_TITLE.sub(" ", text)
    if "://" in text or "www." in text or "t.cn/" in text:
        text = _URL.sub(" ", text)
    if any(hint in text for hint in _LINK_HINTS):
        text = _LINK_WORD.sub(" ", text)
    if any(hint in text for hint in _SHARE_HINTS):
        text = _SHARE_TAIL.sub(" ", text)
    if "#" in text:
        text = _HASHTAG.sub(r" \1 ", text)
    return "" if _ONLY_FORWARDED.match(text) else text
