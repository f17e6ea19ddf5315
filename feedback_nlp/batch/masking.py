"""Personal data masked in texts and in the columns that come along."""

from __future__ import annotations

from typing import Any

from feedback_nlp.clean import Pseudonymizer, prepare


class Mask:
    """Masks personal data; the same value gets the same pseudonym under one secret."""

    def __init__(self, secret: bytes) -> None:
        self._pseudonymizer = Pseudonymizer(secret)

    def text(self, text: str) -> str:
        """Return a text without personal data."""
        return prepare(text, self._pseudonymizer).text

    def value(self, value: Any) -> Any:
        """Return a cell without personal data; numbers that are none stay numbers."""
        match value:
            case str():
                return self.text(value)
            case dict():
                return {name: self.value(member) for name, member in value.items()}
            case list():
                return [self.value(member) for member in value]
            case int() if not isinstance(value, bool):
                masked = self.text(str(value))
                return value if masked == str(value) else masked
            case _:
                return value
