"""The column of a file in which people left an address to be answered at.

A column of addresses is never stored. Only where a person names it, and the one that tells who
agreed, its values come along with the items, to be sealed; whatever plans how the other columns
are read sees nothing of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from feedback_nlp.errors import InputError
from feedback_nlp.ingest.columns import find_given
from feedback_nlp.ingest.plain import plain
from feedback_nlp.records import RawItem, Rejection

ALWAYS = "always"
SEALED = "联系邮箱（加密，只用于通知）"
_YES = frozenset({"true", "1", "yes", "y", "on", "是", "同意", "愿意", "我同意", "可以"})


def has_agreed(answer: Any) -> bool:
    """Tell whether an answer to "may we write to you" is a yes."""
    if isinstance(answer, list):
        return any(has_agreed(one) for one in answer)
    return answer is True or plain(answer).strip().lower() in _YES


@dataclass(frozen=True, slots=True)
class ContactColumns:
    """Where the address stands, and where the consent to it.

    Attributes:
        address: A header of the file.
        consent: Another, or :data:`ALWAYS`.
    """

    address: str
    consent: str

    @classmethod
    def named(cls, columns: Sequence[str], address: str, consent: str) -> ContactColumns | None:
        """Return the columns that a person named; ``None`` if they named none.

        Raises:
            InputError: If only one is named, or one is not in the file.
        """
        if not address and not consent:
            return None
        if not address or not consent:
            raise InputError(
                "联系邮箱和是否同意要一起写",
                hint="没有这样一列、但收集时就说明了用来回复的，同意一项写 always",
            )
        named = {"address": address} | ({} if consent == ALWAYS else {"consent": consent})
        return cls(**{"consent": ALWAYS, **find_given(columns, named)})

    def without(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """Return a row without the address."""
        return {column: value for column, value in row.items() if column != self.address}

    def joined(
        self, items: Iterable[RawItem | Rejection], row: Mapping[str, Any]
    ) -> Iterator[RawItem | Rejection]:
        """Give the items of a row its address."""
        address = plain(row.get(self.address)).strip()
        agreed = self.consent == ALWAYS or has_agreed(row.get(self.consent))
        for item in items:
            if isinstance(item, Rejection):
                yield item
            else:
                yield replace(item, contact=address, agreed=agreed)
