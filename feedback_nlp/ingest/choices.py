"""What a person said about a file beside its columns' fields."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from feedback_nlp.tabular.headers import FIND_HEADER, HeaderChoice


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person said about a file beside its columns' fields.

    Attributes:
        header: Where the header is.
        as_of: When the file was made (aware), for relative times.
        drop, keep: Columns never stored, and stored although unknown.
        contact: Column of addresses that may be kept, sealed; blank for none.
        consent: Column that tells who agreed to it, or ``always``.
    """

    header: HeaderChoice = FIND_HEADER
    as_of: datetime | None = None
    drop: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    contact: str = ""
    consent: str = ""


NO_CHOICES = Choices()
