"""Keyed, stable stand-ins for people and for personal data.

Source: HMAC-SHA256, RFC 2104 and FIPS 180-4; docs/decisions/0007-redaction.md.
"""

from __future__ import annotations

import hashlib

_AUTHOR_HEX = 32
_BLOCK_BYTES = 64  # of SHA-256
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
        # HMAC (RFC 2104) by its two hashes, each with the key taken in once: a copied object of
        # ``hmac`` costs twice the time, and every author of a file is hashed.
        key = secret if len(secret) <= _BLOCK_BYTES else hashlib.sha256(secret).digest()
        block = key.ljust(_BLOCK_BYTES, b"\0")
        self._inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block))
        self._outer = hashlib.sha256(bytes(byte ^ 0x5C for byte in block))

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
        inner, outer = self._inner.copy(), self._outer.copy()
        inner.update(f"{domain}\0{value}".encode("utf-8", "surrogatepass"))
        outer.update(inner.digest())
        return outer.hexdigest()
