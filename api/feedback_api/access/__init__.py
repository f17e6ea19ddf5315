"""Who may come in: keys, sessions and guests, checked before a body is read."""

from feedback_api.access.gate import AccessGate, CallerDep

__all__ = ["AccessGate", "CallerDep"]
