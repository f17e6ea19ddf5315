"""The demo's team: promises, releases, tells who asked, is checked by what people say next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlmodel import Session, col, select

from feedback_nlp.config import PipelineConfig
from feedback_nlp.demo import Manifest
from feedback_nlp.jobs.demo_notices import (
    Told,
    answer_everybody,
    counting_receiver,
    reply_outlet,
    tell,
)
from feedback_nlp.jobs.verify import check_releases
from feedback_nlp.labels import RequestStatus
from feedback_nlp.requests.moving import apply_transition
from feedback_nlp.requests.reading import list_requests
from feedback_nlp.requests.verifying import Looked
from feedback_nlp.store import Database
from feedback_nlp.store.tables import FeatureRequest, StatusEvent
from feedback_nlp.weeks import Week

_ACTOR = "林晓"
_PROMISED = timedelta(days=10)


def release_and_check(
    database: Database, config: PipelineConfig, manifest: Manifest, *, zone: ZoneInfo, now: datetime
) -> tuple[list[Told], list[Looked]]:
    """Promise, release and tell what the manifest says, on its days; look at it after its weeks.

    The requests are the engine's own; only the team is invented, so what it did is written with
    the days on which it would have done it. The notices really go out, to this machine.
    """
    told = []
    last_moment = Week.parse(manifest.weeks[-1]).bounds(zone)[1] - timedelta(minutes=1)
    answer_everybody(database)
    with counting_receiver() as (url, counts):
        outlets = reply_outlet(url)
        for issue, version in manifest.releases:
            released = datetime.combine(
                date.fromisoformat(manifest.versions[version]), time(10), zone
            )
            key = _release(database, manifest, issue, version, released, zone)
            if key is not None:
                an_hour_later = released + timedelta(hours=1)
                told.append(tell(database, key, outlets, counts, zone=zone, now=an_hour_later))
    looked = check_releases(database, config, zone=zone, now=min(now, last_moment))
    return told, looked


def _release(
    database: Database,
    manifest: Manifest,
    issue: str,
    version: str,
    released: datetime,
    zone: ZoneInfo,
) -> str | None:
    """Promise and release what people call an issue; return the key of its request."""
    first, _ = Week.parse(manifest.weeks[0]).bounds(zone)
    with database.write() as session:
        found = _request(session, manifest.issues[issue].names)
        if found is None:
            return None
        _made_on(session, found, first)
        for to, moment, reason in (
            (RequestStatus.PLANNED, released - _PROMISED, f"排进 {version}"),
            (RequestStatus.RELEASED, released, f"随 {version} 发布"),
        ):
            apply_transition(session, found.key, to, actor=_ACTOR, now=moment, reason=reason)
        found.owner = _ACTOR
        session.add(found)
        return found.key


def _request(session: Session, names: Sequence[str]) -> FeatureRequest | None:
    """Return the request of the most people whose title holds one of the words."""
    rows = [
        row for row in list_requests(session) if any(name in row.request.title for name in names)
    ]
    return max(rows, key=lambda row: row.people_count).request if rows else None


def _made_on(session: Session, request: FeatureRequest, moment: datetime) -> None:
    """Let a request have been there before it was promised."""
    request.created_at = moment
    made = session.exec(
        select(StatusEvent)
        .where(col(StatusEvent.request_id) == request.id)
        .order_by(col(StatusEvent.id))
        .limit(1)
    ).one()
    made.happened_at = moment
    session.add_all([request, made])
    session.flush()
