"""The verification job: look at the releases that are not decided yet."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from feedback_nlp.config import PipelineConfig
from feedback_nlp.requests.verifying import Looked, look_at_releases
from feedback_nlp.store import Database


def check_releases(
    database: Database, config: PipelineConfig, *, zone: ZoneInfo, now: datetime
) -> list[Looked]:
    """Judge each release by what people said since; move its request by the verdict.

    Harmless to run as often as one likes: what is decided is not looked at again.
    """
    with database.write() as session:
        return look_at_releases(session, config.verification, zone=zone, now=now)
