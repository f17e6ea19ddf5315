"""What figures that are kept side by side share, so that some of them can be counted anew.

Scores of requests and alerts of topics look only at their own rows and at something that all share.
That is kept in a setting with a fingerprint of the rules. While an analysis moves rows there is no
basis: whoever edits then counts everything, until the analysis has settled.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session

from feedback_nlp.store.tables import Setting

_SCALES = "scales"


@dataclass(frozen=True, slots=True)
class SharedBasis:
    """A kept basis.

    Attributes:
        key: Of the setting.
    """

    key: str

    def kept(self, session: Session, scales: str) -> Mapping[str, Any] | None:
        """Return what is shared, if it was made by these rules and no analysis moves rows."""
        row = session.get(Setting, self.key)
        return row.value if row is not None and row.value.get(_SCALES) == scales else None

    def keep(
        self, session: Session, value: Mapping[str, Any], scales: str, *, has_settled: bool
    ) -> None:
        """Keep what is shared by what was just counted.

        Args:
            session: The writing session; nothing is committed.
            value: What is shared, JSON.
            scales: Fingerprint of the rules.
            has_settled: The rows stand again, after :meth:`forget`; until then nothing is kept.
        """
        row = session.get(Setting, self.key)
        if has_settled or row is None or row.value:
            session.merge(Setting(key=self.key, value={**value, _SCALES: scales}))
            session.flush()

    def forget(self, session: Session) -> None:
        """Say that rows are being moved: until they have settled, each edit counts everything."""
        session.merge(Setting(key=self.key, value={}))


def fingerprint(*rules: Any) -> str:
    """Return 16 hex digits of all that figures depend on but the data; JSON values."""
    content = json.dumps(rules, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(content.encode()).hexdigest()[:16]
