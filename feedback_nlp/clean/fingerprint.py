"""One short name for all copies of a text."""

from __future__ import annotations

import hashlib
import re

from feedback_nlp.clean.normalize import READ_CHARS, normalize

_INSIGNIFICANT = re.compile(r"[\W_]+")
_FEELING = re.compile(r"〔[^〔〕·]{1,6}〕")
_DIGEST_BYTES = 8


def significant(text: str) -> str:
    """Return the letters, digits and characters of the normalised text, lower case.

    Punctuation, blanks, emoji, emoticons, links and forwarded parts do not count;
    different pseudonyms stay different. May be empty.
    """
    letters = _INSIGNIFICANT.sub(
        "", _FEELING.sub("", normalize(text, keep_pseudonyms=True)).casefold()
    )
    if len(text) > READ_CHARS:  # what normalize does not read keeps texts apart all the same
        letters += _digest(text[READ_CHARS:])
    return letters


def fingerprint(text: str) -> str:
    """Return 16 hex digits that are the same for all copies of a text.

    A text without significant characters (only emoji, only punctuation) is named by
    its raw form. Stable over processes and releases. Never raises.
    """
    return fingerprint_of(significant(text), text)


def fingerprint_of(significant_text: str, text: str) -> str:
    """Return the fingerprint when :func:`significant` was already computed."""
    return _digest(significant_text or f"\0{text}")


def _digest(named: str) -> str:
    return hashlib.blake2b(
        named.encode("utf-8", "surrogatepass"), digest_size=_DIGEST_BYTES
    ).hexdigest()
