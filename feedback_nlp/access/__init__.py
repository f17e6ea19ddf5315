"""Who may do what: keys with scopes, sessions of browsers, and the record of what was done.

A :class:`~feedback_nlp.access.caller.Caller` is whoever asks, by key, by session, as a guest or
at a terminal. An edge makes one and lets it act (:func:`~feedback_nlp.access.caller.acting`);
whatever is edited meanwhile leaves an audit line in the same transaction.
"""

from feedback_nlp.access.caller import Caller, acting
from feedback_nlp.access.scopes import Scope

__all__ = ["Caller", "Scope", "acting"]
