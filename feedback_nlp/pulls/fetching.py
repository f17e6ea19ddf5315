"""One page of JSON over HTTP: what may go wrong on the way, and when to ask again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from feedback_nlp.errors import FeedbackError
from feedback_nlp.outlets.addresses import NotAllowed
from feedback_nlp.outlets.client import Client, NotReached, Unanswered
from feedback_nlp.outlets.posting import is_busy, retry_after

MAX_PAGE_BYTES = 4 * 1024 * 1024


class PullFailed(FeedbackError):
    """A page that did not come. What came before it is stored.

    Args:
        message: In Chinese; holds no address and no key.
        again_after: Seconds that the other side asked to wait.
    """

    code = "pull-failed"
    title = "拉取没有完成"

    def __init__(self, message: str, *, again_after: float | None = None) -> None:
        super().__init__(message, hint="稍后再拉一次；收下的不会重复")
        self.again_after = again_after


def get_json(client: Client, url: str, headers: Mapping[str, str], *, now: float) -> Any:
    """Return the JSON value of a page.

    Args:
        client: Careful HTTP that reads at least :data:`MAX_PAGE_BYTES`.
        url: Of the page.
        headers: To send.
        now: Unix seconds, for ``Retry-After`` dates.

    Raises:
        PullFailed: If the page did not come whole, or is not JSON.
    """
    try:
        answer = client.request("GET", url, None, {"Accept": "application/json", **headers})
    except NotAllowed as error:
        raise PullFailed(error.message) from error
    except (NotReached, Unanswered) as error:
        raise PullFailed(f"没有拿到回答：{error}") from error
    if is_busy(answer):
        asked = retry_after(answer, now=now)
        raise PullFailed(f"对方答复 HTTP {answer.status}", again_after=asked)
    if answer.status != 200:
        raise PullFailed(f"对方答复 HTTP {answer.status}")
    if not answer.is_whole:
        raise PullFailed(f"一页超过 {MAX_PAGE_BYTES // 1024 // 1024} MB")
    try:
        return json.loads(answer.body)
    except (ValueError, RecursionError) as error:
        raise PullFailed("回答不是 JSON") from error
