"""Keyed, stable stand-ins for people and for personal data.

Source: HMAC-SHA256, RFC 2104 and FIPS 180-4; docs/decisions/0007-redaction.md.
"""

from __future__ import annotations

import hmac

_AUTHOR_HEX = 32
PSEUDONYM_HEX = 4


class Pseudonymizer:
    """Turns identities and values into keyed hashes that cannot be reversed without the key.

    The same value gives the same result for as long as the secret stays the same, so
    people can be counted and duplicates still match after redaction.

    Args:
        secret: Key of the deployment. Any length above zero; 32 random bytes are usual.

    Raises:
        ValueError: If the secret is empty.
    """

    def __init__(self, secret: bytes) -> None:
        if not secret:
            raise ValueError("got an empty secret, expected at least one byte")
        self._keyed = hmac.new(secret, digestmod="sha256")

    def author_key(self, raw: str) -> str:
        """Return 32 hex digits for an author's identity; surrounding blanks do not matter."""
        return self._hex("author", raw.strip())[:_AUTHOR_HEX]

    def pseudonym(self, kind: str, value: str, digits: int = PSEUDONYM_HEX) -> str:
        """Return ``〔kind·xxxx〕`` for a piece of personal data.

        Args:
            kind: Chinese word people see, such as 手机号.
            value: The canonical value: digits without separators, lower case.
            digits: How many hex digits tell values apart, 1 to 64.
        """
        return f"〔{kind}·{self._hex(kind, value)[:digits]}〕"

    def _hex(self, domain: str, value: str) -> str:
        keyed = self._keyed.copy()  # the key is taken in once, not for each value
        keyed.update(f"{domain}\0{value}".encode("utf-8", "surrogatepass"))
        return keyed.hexdigest()
