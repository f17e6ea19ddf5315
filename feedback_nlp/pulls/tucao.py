"""兔小巢's posts over its API: signed per page, followed by ``next_page_url``.

Source: txc.qq.com/helper/usrFetchAPIGuide. A post is read as its webhook would tell it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urljoin, urlsplit

from feedback_nlp.inlets.bodies import at, text_at
from feedback_nlp.outlets.client import Client
from feedback_nlp.pulls.fetching import PullFailed, get_json

BASE = "https://txc.qq.com"
_PAGES = 200
_COUNT = 100


@dataclass(frozen=True, slots=True)
class Tucao:
    """The posts of one product of the last days.

    Attributes:
        product: Its number at 兔小巢.
        key: Signs requests.
        days: How far back each pull looks, so that late edits are seen.
        base: Where the API is.
    """

    product: str
    key: str = field(repr=False)
    days: int = 14
    base: str = BASE

    def pages(self, client: Client, now: datetime) -> Iterator[list[Any]]:
        """Yield the posts of each page; end where none follows or a page came before.

        Raises:
            PullFailed: If a page did not come, or the next one lies at another host.
        """
        first = now - timedelta(days=self.days)
        url = (
            f"{self.base}/api/v1/{self.product}/posts"
            f"?count={_COUNT}&from={first:%Y%m%d}&to={now:%Y%m%d}"
        )
        seen: set[str] = set()
        for _ in range(_PAGES):
            page = get_json(client, url, self._signed(now), now=now.timestamp())
            posts = at(page, "data")
            if not isinstance(posts, list):
                raise PullFailed("回答里没有 data，不是帖子的列表")
            fresh = [post for post in posts if text_at(post, "id") not in seen]
            if not fresh:
                return
            seen |= {text_at(post, "id") for post in fresh}
            yield [{"type": "post.updated", "payload": {"post": post}} for post in fresh]
            following = text_at(page, "pagination.next_page_url")
            if not following:
                return
            url = urljoin(url, following)
            if urlsplit(url)[:2] != urlsplit(self.base)[:2]:
                raise PullFailed("下一页指向别的主机，不跟过去")
        raise PullFailed(f"超过 {_PAGES} 页，后面的没有拉")

    def _signed(self, now: datetime) -> dict[str, str]:
        timestamp = str(int(now.timestamp()))
        signature = hashlib.md5(f"{timestamp}{self.key}".encode(), usedforsecurity=False)
        return {"Timestamp": timestamp, "Signature": signature.hexdigest()}
