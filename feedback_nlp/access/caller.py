"""Whoever asks, and the context in which they act."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum

from feedback_nlp.access.scopes import Scope, expanded


class Via(StrEnum):
    """How somebody came in."""

    KEY = "key"
    SESSION = "session"
    GUEST = "guest"
    LOCAL = "local"  # a service without keys, which this machine alone can reach
    TERMINAL = "cli"


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever asks.

    Attributes:
        name: Of the key; the system user at a terminal. Stands in the audit trail.
        via: How they came in.
        scopes: What they may do, contained scopes included.
        source: The one source they may feed; ``None`` for any.
        key_id: Id of the key, if there is one.
        request_id: The request they act in, if there is one.
    """

    name: str
    via: Via
    scopes: frozenset[Scope] = frozenset()
    source: str | None = None
    key_id: int | None = None
    request_id: str = ""

    def may(self, scope: Scope) -> bool:
        """Tell whether they hold a scope."""
        return scope in self.scopes


LOCAL = Caller("本机", Via.LOCAL, expanded([Scope.ADMIN]))
"""Whoever asks a service without keys."""

GUEST = Caller("访客", Via.GUEST, frozenset([Scope.READ]))
"""Whoever has no key, where guests may read."""

_acting: ContextVar[Caller | None] = ContextVar("feedback_caller", default=None)


def current() -> Caller | None:
    """Return who acts; ``None`` in a job, whose doings are in the ledgers of runs."""
    return _acting.get()


@contextmanager
def acting(caller: Caller) -> Iterator[None]:
    """Let somebody act: what is edited in the block is recorded under their name."""
    token = _acting.set(caller)
    try:
        yield
    finally:
        _acting.reset(token)
