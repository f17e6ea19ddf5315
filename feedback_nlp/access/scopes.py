"""What a key may do."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from feedback_nlp.errors import InputError


class Scope(StrEnum):
    """A right. ``write`` contains ``read``, ``admin`` contains all."""

    READ = "read"
    WRITE = "write"
    INGEST = "ingest"
    ADMIN = "admin"


_WORDS = {
    Scope.READ: "查看",
    Scope.WRITE: "修改",
    Scope.INGEST: "送反馈",
    Scope.ADMIN: "管理",
}
_CONTAINED = {Scope.WRITE: {Scope.READ}, Scope.ADMIN: {Scope.READ, Scope.WRITE, Scope.INGEST}}


def expanded(scopes: Iterable[Scope]) -> frozenset[Scope]:
    """Return scopes with those that they contain."""
    own = set(scopes)
    return frozenset(own.union(*(_CONTAINED.get(scope, set()) for scope in own)))


def word(scope: Scope) -> str:
    """Return the Chinese word for a scope."""
    return _WORDS[scope]


def parse_scopes(text: str) -> tuple[Scope, ...]:
    """Read ``read,ingest`` into scopes, in their usual order.

    Raises:
        InputError: If one is unknown, or there is none.
    """
    parts = {part.strip().lower() for part in text.replace("，", ",").split(",") if part.strip()}
    known = {scope.value for scope in Scope}
    if not parts or parts - known:
        raise InputError(
            f"权限写成了 {text!r}", hint=f"用逗号隔开，可用的有 {'、'.join(sorted(known))}"
        )
    return tuple(scope for scope in Scope if scope.value in parts)
