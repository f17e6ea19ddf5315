"""Lists of requests that people come back to: filters under a name, for everybody."""

from __future__ import annotations

from collections.abc import Mapping

from sqlmodel import Session

from feedback_nlp.requests.named import with_named
from feedback_nlp.store.tables import REQUEST_VIEWS, Setting

_SETTING = REQUEST_VIEWS
_MAX_VIEWS = 30


def views(session: Session) -> dict[str, dict[str, str]]:
    """Return the filters of each saved view, by name, in the order they were saved."""
    setting = session.get(Setting, _SETTING)
    return {name: dict(pairs) for name, pairs in setting.value["views"]} if setting else {}


def save_view(session: Session, name: str, filters: Mapping[str, str]) -> None:
    """Keep filters under a name, in place of what was kept under it.

    Raises:
        InputError: If the name is not usable or there are too many.
    """
    kept = with_named(views(session), name, dict(filters), what="视图", most=_MAX_VIEWS)
    _write(session, kept)


def drop_view(session: Session, name: str) -> dict[str, str]:
    """Forget a view and return its filters; of a name that is not kept there are none."""
    kept = views(session)
    dropped = kept.pop(name, {})
    _write(session, kept)
    return dropped


def _write(session: Session, kept: Mapping[str, Mapping[str, str]]) -> None:
    setting = session.get(Setting, _SETTING) or Setting(key=_SETTING)
    setting.value = {"views": [[name, dict(filters)] for name, filters in kept.items()]}
    session.add(setting)
