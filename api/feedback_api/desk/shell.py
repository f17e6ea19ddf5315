"""The frame around every page: where one is, which week, product and source, who one is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlencode
from zoneinfo import ZoneInfo

from fastapi import Request
from sqlalchemy import func, select
from sqlmodel import Session, col

from feedback_api.services import Services
from feedback_nlp.access import Caller
from feedback_nlp.access import Scope as Right
from feedback_nlp.clean.characters import clean_characters
from feedback_nlp.store.queries import product_names
from feedback_nlp.store.tables import Feedback, Source
from feedback_nlp.store.topic_reading import people_word
from feedback_nlp.weeks import Week

ACTOR_COOKIE = "feedback_actor"
#: What the frame lets one choose, and what of it follows from page to page.
CHOICES = ("week", "product", "source", "q")
FOLLOWING = CHOICES[:3]
_WEEKS = 53

#: Pages in the order of the review.
PAGES = (
    ("/", "本周"),
    ("/requests", "需求"),
    ("/topics", "主题"),
    ("/feedback", "反馈"),
    ("/alerts", "预警"),
    ("/notices", "通知"),
    ("/data", "数据"),
)


@dataclass(frozen=True, slots=True)
class Shell:
    """What the frame shows.

    Attributes:
        path: Page in the menu that is open.
        weeks: That can be picked, newest first.
        chosen: What was picked, by :data:`CHOICES`; :data:`FOLLOWING` of it go on in links.
        actor: Under which name changes are written; empty if nobody said.
        is_known: Whether a key says who it is, so that no name is asked for.
        is_admin: Whether they may look after keys.
        people: What people are counted in over all time: ``人``, or ``条`` without any author.
    """

    path: str
    zone: ZoneInfo
    weeks: Sequence[str] = ()
    products: Sequence[str] = ()
    sources: Sequence[str] = ()
    chosen: Mapping[str, str] = field(default_factory=lambda: dict.fromkeys(CHOICES, ""))
    actor: str = ""
    is_known: bool = False
    is_admin: bool = False
    people: str = "人"

    @property
    def people_only(self) -> str:
        """What to call people beside all feedback, where pieces alone would say nothing."""
        return self.people if self.people == "人" else "条，去掉雷同"

    @property
    def pages(self) -> list[tuple[str, str, bool]]:
        """The menu: address with the filters that follow, word, whether it is open."""
        return [(self.url(path), word, path == self.path) for path, word in PAGES]

    def url(self, path: str, **changes: str | None) -> str:
        """Return an address that keeps the filters, with changes; ``None`` drops one."""
        follow = {key: value for key, value in self.chosen.items() if key in FOLLOWING}
        wanted = {key: value for key, value in {**follow, **changes}.items() if value}
        return f"{path}?{urlencode(wanted)}" if wanted else path


def shell_of(request: Request, services: Services, path: str) -> Shell:
    """Return the frame of a page."""
    zone = services.settings.zone
    weeks, products, sources, people = services.kept(
        "desk-shell", lambda session: _lists(session, zone), basis=None
    )
    return Shell(
        path=path,
        zone=services.settings.zone,
        weeks=weeks,
        products=products,
        sources=sources,
        chosen=_chosen(request),
        people=people,
        **_of_caller(request),
    )


def bare_shell(request: Request, services: Services, path: str = "") -> Shell:
    """Return a frame without lists: for a page that says what went wrong."""
    return Shell(path=path, zone=services.settings.zone, **_of_caller(request))


def actor_of(request: Request, named: object = None) -> str:
    """Return who acts: whose key it is, else the name in the form or the one given before."""
    if (caller := _holder(request)) is not None:
        return caller.name
    told = named if isinstance(named, str) and named.strip() else None
    name = told if told is not None else unquote(request.cookies.get(ACTOR_COOKIE, ""))
    return clean_characters(name).strip()[:100]


def _holder(request: Request) -> Caller | None:
    """Return whose key it is that was shown; ``None`` on a service without keys, and of guests."""
    caller: Caller | None = getattr(request.state, "caller", None)
    return caller if caller is not None and caller.key_id is not None else None


def _of_caller(request: Request) -> dict[str, Any]:
    caller: Caller | None = getattr(request.state, "caller", None)
    return {
        "actor": actor_of(request),
        "is_known": _holder(request) is not None,
        "is_admin": caller is not None and caller.may(Right.ADMIN),
    }


def _chosen(request: Request) -> dict[str, str]:
    asked = request.query_params
    return {name: clean_characters(asked.get(name, "")).strip()[:200] for name in CHOICES}


def _lists(session: Session, zone: ZoneInfo) -> tuple[Any, Any, Any, str]:
    moment = col(Feedback.occurred_at)  # asked for in two statements, each end is looked up
    oldest = session.scalar(select(func.min(moment)))
    newest = session.scalar(select(func.max(moment)))
    weeks = []
    if oldest is not None and newest is not None:
        first, last = Week.of(oldest, zone), Week.of(newest, zone)
        weeks = [str(last.shift(-back)) for back in range(min(_WEEKS, last.since(first) + 1))]
    sources = session.scalars(select(col(Source.name)).order_by(col(Source.name)))
    return weeks, product_names(session), list(sources), people_word(session)
