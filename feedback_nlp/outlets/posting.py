"""What every sender over HTTP shares: one POST, and what its answer means for sending again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

from feedback_nlp.outlets.addresses import NotAllowed
from feedback_nlp.outlets.client import Answer, Client, NotReached, Unanswered
from feedback_nlp.outlets.records import Outcome, OutcomeKind

_SLOW_DOWN = frozenset({408, 425, 429})


def encoded(value: Any) -> bytes:
    """Return JSON in UTF-8, Chinese as it is: half the bytes of escapes."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def post_json(
    client: Client, url: str, body: bytes, headers: Mapping[str, str] | None = None
) -> Answer | Outcome:
    """POST a JSON body; return the answer, or the outcome if there was none."""
    sent = {"Content-Type": "application/json; charset=utf-8", **(headers or {})}
    try:
        return client.request("POST", url, body, sent)
    except NotAllowed as error:
        return Outcome(OutcomeKind.REFUSED, error.message)
    except NotReached as error:
        return Outcome(OutcomeKind.RETRY, f"没有连上：{error}")
    except Unanswered as error:
        return Outcome(OutcomeKind.UNKNOWN, f"发出后没有等到回答：{error}")


def by_status(answer: Answer, *, now: float) -> Outcome:
    """Judge an answer by its HTTP status: 2xx is delivery, 410 the end, the rest tries again.

    Redirects are never followed, and do not heal by themselves.
    """
    detail = f"HTTP {answer.status}"
    if 200 <= answer.status < 300:
        return Outcome(OutcomeKind.SENT)
    if answer.status == 410:
        return Outcome(OutcomeKind.REFUSED, detail, stops_outlet=True)
    if 300 <= answer.status < 400:
        return Outcome(OutcomeKind.REFUSED, f"{detail}：不跟随跳转")
    return Outcome(OutcomeKind.RETRY, detail, retry_after(answer, now=now))


def is_busy(answer: Answer) -> bool:
    """Tell whether the server answered that it cannot now."""
    return answer.status in _SLOW_DOWN or answer.status >= 500


def retry_after(answer: Answer, *, now: float) -> float | None:
    """Return the seconds that ``Retry-After`` asks for, written as seconds or as a date."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        return max(0.0, parsedate_to_datetime(text).timestamp() - now)
    except (ValueError, TypeError):
        return None


def json_object(answer: Answer) -> dict[str, Any] | None:
    """Return the object in an answer, if it holds one."""
    try:
        value = json.loads(answer.body)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
