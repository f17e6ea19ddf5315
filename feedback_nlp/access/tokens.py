"""The keys themselves: 256 random bits behind a prefix that people and scanners recognise.

Only the SHA-256 is stored. A random 256-bit key cannot be guessed from its hash, so a slow
password hash would protect nothing and cost time on every request.

Source: measured in docs/decisions/0014-access.md.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass

_FORM = re.compile(r"fnlp_[a-z0-9]{8}_[A-Za-z0-9_-]{43}")
_ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class NewToken:
    """A key at the only moment it is known.

    Attributes:
        text: The key, ``fnlp_…``; given to its holder and nowhere stored.
        prefix: Its first part, which is stored.
        hash: Its SHA-256 in hex, which is stored.
    """

    text: str
    prefix: str
    hash: str

    def __repr__(self) -> str:
        return f"NewToken({self.prefix}…)"  # a log must not hold the key


def make_token() -> NewToken:
    """Return a new key."""
    prefix = "fnlp_" + "".join(secrets.choice(_ALPHABET) for _ in range(8))
    text = f"{prefix}_{secrets.token_urlsafe(32)}"
    return NewToken(text, prefix, token_hash(text))


def token_hash(text: str) -> str:
    """Return the SHA-256 of a key, in hex."""
    return hashlib.sha256(text.encode()).hexdigest()


def looks_like_a_token(text: str) -> bool:
    """Tell whether a text has the form of a key."""
    return _FORM.fullmatch(text) is not None
