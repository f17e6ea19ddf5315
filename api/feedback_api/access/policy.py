"""Which right an address needs. What no rule names needs ``write``, or ``read`` to look at it."""

from __future__ import annotations

from dataclasses import dataclass

from feedback_nlp.access import Scope

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_PROBES = frozenset({"/healthz", "/readyz"})
_PUBLIC = _PROBES | {"/login", "/logout"}
_FOR_PROGRAMS = _PROBES | {"/metrics", "/openapi.json"}
_PUBLIC_FOLDERS = (
    "/static/",  # style sheets and scripts hold nothing of anybody
    "/unsubscribe/",  # the address holds the ticket of its person
    "/v1/ingest/",  # the address of a push holds the token of its source
)


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the table.

    Attributes:
        method: The method; ``*`` for any.
        path: The path, and with it everything below.
        scope: The right.
    """

    method: str
    path: str
    scope: Scope


RULES = (
    Rule("POST", "/v1/feedback", Scope.INGEST),
    Rule("POST", "/v1/classify", Scope.READ),  # computes, and stores nothing
    Rule("*", "/v1/jobs", Scope.WRITE),  # whoever may look would see the files of others
    Rule("*", "/v1/people", Scope.ADMIN),
    Rule("*", "/v1/audit", Scope.ADMIN),
    Rule("*", "/v1/keys", Scope.ADMIN),
    Rule("*", "/audit", Scope.ADMIN),
    Rule("*", "/people", Scope.ADMIN),
)


def is_for_programs(path: str) -> bool:
    """Tell whether an address is of the API; the others are pages for people."""
    return path.startswith("/v1/") or path in _FOR_PROGRAMS


def needed_scope(method: str, path: str) -> Scope | None:
    """Return the right that a request needs; ``None`` if it needs none."""
    if path in _PUBLIC or path.startswith(_PUBLIC_FOLDERS):
        return None
    for rule in RULES:
        if rule.method in ("*", method) and (path == rule.path or path.startswith(rule.path + "/")):
            return rule.scope
    return Scope.READ if method in SAFE_METHODS else Scope.WRITE
