"""What people write about a request: title, owner, due day, target release, labels, estimates.

An edit leaves one event with everything it changed. New estimates rank *all* requests
again as of the week they were ranked for last, so that the order stays one order.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from sqlmodel import Session

from feedback_nlp.clean.characters import one_line
from feedback_nlp.config import RankConfig
from feedback_nlp.errors import InputError
from feedback_nlp.requests.evidence import id_of
from feedback_nlp.requests.locking import hold_requests
from feedback_nlp.requests.moving import get_request
from feedback_nlp.requests.priorities import refresh_some
from feedback_nlp.requests.versions import FIELD_NAMES, Expected, note_edit, require_expected
from feedback_nlp.store.tables import FeatureRequest

_RANKED = frozenset({"effort", "strategic_weight"})
_MAX_TITLE = 300
_MAX_OWNER = 100
_MAX_RELEASE = 60
_MAX_LABELS, _MAX_LABEL = 20, 40
_MAX_LINK = 500


class Edited(NamedTuple):
    """What became of an edit.

    Attributes:
        changed: ``False`` if everything was so already; then nothing was written.
    """

    changed: bool
    request: FeatureRequest


def edit_request(
    session: Session,
    key: str,
    values: Mapping[str, Any],
    *,
    actor: str,
    now: datetime,
    config: RankConfig,
    zone: ZoneInfo,
    expected: Expected | None = None,
    reason: str = "",
) -> Edited:
    """Write what people supply, with one event.

    Args:
        session: The writing session; nothing is committed.
        key: Which request.
        values: ``title``, ``owner``, ``due``, ``effort`` and ``strategic_weight`` (0–1),
            ``target_release``, ``labels``, ``tracker_url``, those to be changed; ``None``
            clears all but the title.
        actor: Who writes.
        now: Time of the event.
        config: Weights of the ranking.
        zone: Where weeks begin.
        expected: What the actor saw.
        reason: Why, for the history.

    Raises:
        NotFound: If there is no such request.
        Conflict: If somebody else changed the request meanwhile.
        InputError: If the actor is missing or a value is not usable.
    """
    if not actor.strip():
        raise InputError("没有写是谁改的", reason="no-actor")
    wanted = {name: checked(name, value) for name, value in values.items()}
    hold_requests(session)
    request = get_request(session, key)
    if expected is not None:
        require_expected(session, request, expected, now=now)
    changes = {
        name: [_plain(getattr(request, name)), _plain(value)]
        for name, value in wanted.items()
        if getattr(request, name) != value
    }
    if not changes:
        return Edited(False, request)
    for name in changes:
        setattr(request, name, wanted[name])
    if "title" in changes:
        request.titled_by = one_line(actor)
    note_edit(session, request, changes, actor=actor, now=now, reason=reason)
    if _RANKED & changes.keys():
        refresh_some(session, config, {id_of(request)}, zone=zone, now=now)
    return Edited(True, request)


def checked(name: str, value: Any) -> Any:
    """Return a value that the field takes.

    Raises:
        InputError: If it does not.
    """
    match name, value:
        case (
            ("owner" | "due" | "effort" | "strategic_weight" | "target_release" | "tracker_url"),
            None,
        ):
            return None
        case "labels", None:
            return []
        case "labels", list() if (labels := _labels(value)) is not None:
            return labels
        case "target_release", str() if 0 < len(text := one_line(value)) <= _MAX_RELEASE:
            return text
        case "tracker_url", str() if _is_link(text := one_line(value)):
            return text
        case "title", str() if 0 < len(text := one_line(value)) <= _MAX_TITLE:
            return text
        case "owner", str() if 0 < len(text := one_line(value)) <= _MAX_OWNER:
            return text
        case "due", date():
            return value
        case (("effort" | "strategic_weight"), (int() | float())) if 0 <= value <= 1:
            return float(value)
    if name not in FIELD_NAMES:
        raise InputError(f"不能改 {name!r}", hint=f"可改：{'、'.join(FIELD_NAMES)}")
    raise InputError(f"{FIELD_NAMES[name]}写成了 {value!r}", hint=_LIMITS[name])


def _labels(values: list[Any]) -> list[str] | None:
    """Return labels trimmed, each once, in the order given; ``None`` if one is unusable."""
    texts = [one_line(value) if isinstance(value, str) else "" for value in values]
    if len(texts) > _MAX_LABELS or not all(0 < len(text) <= _MAX_LABEL for text in texts):
        return None
    return list(dict.fromkeys(texts))


def _is_link(text: str) -> bool:
    """Tell whether a text is a link that a page may show: http or https, without credentials."""
    if len(text) > _MAX_LINK or any(
        character.isspace() or character in "<>\"'\\`" for character in text
    ):
        return False
    try:
        parts = urlsplit(text)
    except ValueError:  # such as a host of half an IPv6 address
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and "@" not in parts.netloc


_LIMITS = {
    "title": f"要 1–{_MAX_TITLE} 个字",
    "owner": f"要 1–{_MAX_OWNER} 个字",
    "due": "要一个日期，例如 2026-12-31",
    "target_release": f"要 1–{_MAX_RELEASE} 个字，例如 3.3",
    "labels": f"最多 {_MAX_LABELS} 个，每个 1–{_MAX_LABEL} 个字",
    "tracker_url": f"要 http 或 https 的链接，不带账号密码，最多 {_MAX_LINK} 个字符",
    "effort": "要 0 到 1 之间的数，1 最大",
    "strategic_weight": "要 0 到 1 之间的数，1 最大",
}


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, date) else value
