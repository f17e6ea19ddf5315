"""Kinds of jobs and what does them.

A handler may be killed anywhere and is then called again, so what it writes must be harmless to
write twice. It returns what is kept as the job's result: plain values, no personal data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from feedback_nlp.errors import Conflict, InputError, NotFound
from feedback_nlp.jobs.bulk_files import CLASSIFY
from feedback_nlp.labels import Depth
from feedback_nlp.store import job_queue, standings
from feedback_nlp.store.rollup import refreshes
from feedback_nlp.weeks import Week
from feedback_nlp.worker.workplace import Beat, Later, Workplace

Handler = Callable[[Workplace, Mapping[str, Any], Beat], Mapping[str, Any]]

ANALYZE = "analyze"
DIGEST = "digest"
DELIVER = "deliver"
VERIFY = "verify"
STANDINGS = "standings"
PAST_WEEKS = "past_weeks"
PULL = "pull"
SWEEP = "sweep"
_BUSY = timedelta(seconds=30)
_LONGEST_ASKED = timedelta(hours=24)
_ATTEMPTS = 100  # then other jobs have their turn
_TURN_SECONDS = 20.0


def analyze(place: Workplace, _payload: Mapping[str, Any], beat: Beat) -> Mapping[str, Any]:
    """Analyse what is new."""
    from feedback_nlp.jobs.analyze import run_analysis  # noqa: PLC0415 - loads the models

    try:
        report = run_analysis(
            place.database,
            place.config,
            zone=place.settings.zone,
            now=place.now,
            progress=beat,
        )
    except Conflict as conflict:
        if conflict.reason == "held-elsewhere":  # somebody analyses by hand: ours comes after
            raise Later(conflict.message, _BUSY) from conflict
        raise
    return {**report.as_dict(), "verified": dict(verify(place, {}, beat))["moved"]}


def keep_standings(place: Workplace, _payload: Mapping[str, Any], _beat: Beat) -> Mapping[str, Any]:
    """Compute where topics stand in the week that is over, before somebody opens its page.

    An analysis does the same at its end, but a week also turns without new feedback.
    """
    from feedback_nlp.jobs.sums import keep_sums, keep_week  # noqa: PLC0415 - loads all stages

    keep_sums(place.database)
    zone = place.settings.zone
    return {"kept": keep_week(place.database, place.config, zone=zone, now=place.now())}


def keep_past_weeks(place: Workplace, _payload: Mapping[str, Any], beat: Beat) -> Mapping[str, Any]:
    """Compute where topics stood in past weeks, a week at a time, while nobody wants anything."""
    from feedback_nlp.jobs.sums import keep_past_week, unkept_weeks  # noqa: PLC0415

    zone, now = place.settings.zone, place.now()
    with place.database.read() as session:
        seen = refreshes(session)
    left = unkept_weeks(place.database, zone=zone, now=now)
    kept = 0
    for done, scope in enumerate(left):
        beat("备好往期", done, len(left))
        kept += keep_past_week(place.database, place.config, scope)
        with place.database.read() as session:
            if done + 1 < len(left) and job_queue.is_any_free(session):
                raise Later("先让别的任务做，做完的部分不用重做", timedelta())
    over = str(Week.of(now, zone).shift(-1))
    with place.database.write() as session:
        standings.note_past_kept(session, seen, over)
    return {"weeks": len(left), "kept": kept}


def digest(place: Workplace, payload: Mapping[str, Any], _beat: Beat) -> Mapping[str, Any]:
    """Compute the digest of a week, keep it, and write it to the folder that is set."""
    from feedback_nlp.jobs.digest import write_digest  # noqa: PLC0415 - loads all stages

    with place.database.read() as session:
        if job_queue.is_open(session, ANALYZE):
            raise Later("等分析做完", _BUSY)
    week = payload.get("week")
    folder = place.settings.digest_folder
    outputs = []
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        outputs = [folder / f"{week}{suffix}" for suffix in (".html", ".xlsx", ".md")]
    try:
        told = write_digest(
            place.database,
            place.config,
            outputs,
            zone=place.settings.zone,
            now=place.now(),
            week=week,
        )
    except (NotFound, InputError) as missing:  # nothing was said that week: nothing to tell
        return {"week": week, "skipped": missing.message}
    return {
        "week": told.week,
        "people": told.totals.people.value,
        "files": [str(path) for path in outputs],
        "sent_to": _sent(place, told.week),
    }


def _sent(place: Workplace, week: str) -> list[str]:
    """Owe the digest to the outlets that are set; a second call owes nothing more."""
    names = [name.strip() for name in place.settings.digest_to.split(",") if name.strip()]
    if names:
        from feedback_nlp.jobs.outlets import load_outlets  # noqa: PLC0415
        from feedback_nlp.jobs.send_digest import send_digest  # noqa: PLC0415

        send_digest(
            place.database,
            place.config,
            load_outlets(place.settings),
            names,
            zone=place.settings.zone,
            now=place.now(),
            week=week,
        )
    return names


def deliver(place: Workplace, _payload: Mapping[str, Any], _beat: Beat) -> Mapping[str, Any]:
    """Send what is due of the outbox."""
    from feedback_nlp.jobs.delivering import deliver_now  # noqa: PLC0415
    from feedback_nlp.jobs.outlets import load_outlets  # noqa: PLC0415

    outlets = load_outlets(place.settings)
    return dict(
        deliver_now(
            place.database, outlets, now=place.now, limit=_ATTEMPTS, settings=place.settings
        )
    )


def verify(place: Workplace, _payload: Mapping[str, Any], _beat: Beat) -> Mapping[str, Any]:
    """Look at the releases that are not decided yet."""
    from feedback_nlp.jobs.verify import check_releases  # noqa: PLC0415 - loads NumPy

    looked = check_releases(place.database, place.config, zone=place.settings.zone, now=place.now())
    moved = {one.key: one.verdict.value for one in looked if one.moved}
    return {"looked_at": len(looked), "moved": moved}


def pull(place: Workplace, payload: Mapping[str, Any], beat: Beat) -> Mapping[str, Any]:
    """Pull what one entry of the configuration names; ask again when the other side says."""
    from feedback_nlp.jobs.outlets import load_pulls, pull_client  # noqa: PLC0415
    from feedback_nlp.jobs.pull import pull as pull_one  # noqa: PLC0415
    from feedback_nlp.pulls.fetching import PullFailed  # noqa: PLC0415

    wanted = load_pulls(place.settings).get(str(payload["name"]))
    if wanted is None:
        return {"name": payload["name"], "skipped": "配置里已经没有了"}
    report = pull_one(
        place.database,
        wanted,
        pull_client(place.settings),
        zone=place.settings.zone,
        now=place.now,
        secret=place.settings.plain_secret,
        progress=beat,
    )
    if report.again_after is not None:
        delay = min(timedelta(seconds=report.again_after), _LONGEST_ASKED)
        raise Later(f"{wanted.name}：{report.words}", max(delay, _BUSY))
    if report.stopped:
        raise PullFailed(f"{wanted.name}：{report.words}")
    return report.as_dict()


def classify(place: Workplace, payload: Mapping[str, Any], beat: Beat) -> Mapping[str, Any]:
    """Read the rows of a classification job; let other jobs have their turns meanwhile."""
    from feedback_nlp.jobs import bulk, bulk_files  # noqa: PLC0415 - loads the batch

    taken = payload["taken"]
    folder = bulk_files.jobs_folder(place.settings.jobs_folder, place.database.url)
    files = bulk_files.JobFiles(folder / str(payload["folder"]), str(payload["output"]))
    url = place.database.url.render_as_string(hide_password=False)

    def others_wait() -> bool:
        with place.database.read() as session:
            return job_queue.is_any_free(session)

    turn = bulk.Slice(_TURN_SECONDS, others_wait)

    def told(rows: int) -> None:
        beat("读反馈", rows, taken["rows"])
        if turn.is_over():
            raise Later("先让别的任务做，做完的部分不用重做", timedelta())

    return bulk.read_rows_of_job(
        files,
        taken,
        place.config,
        bulk.BulkOptions(
            zone=place.settings.zone,
            depth=Depth(payload["depth"]),
            topics_of=url if payload["topics"] else None,
            hours=place.settings.job_hours,
        ),
        now=place.now,
        progress=told,
    )


def sweep(place: Workplace, _payload: Mapping[str, Any], _beat: Beat) -> Mapping[str, Any]:
    """Remove files of classification jobs that expired, failed or were cancelled."""
    from feedback_nlp.jobs import bulk_files  # noqa: PLC0415

    folder = bulk_files.jobs_folder(place.settings.jobs_folder, place.database.url)
    with place.database.read() as session:
        paths = bulk_files.stale(session, folder, place.now())
    return {"removed": bulk_files.remove(paths)}


HANDLERS: dict[str, Handler] = {
    CLASSIFY: classify,
    SWEEP: sweep,
    ANALYZE: analyze,
    DIGEST: digest,
    DELIVER: deliver,
    VERIFY: verify,
    PULL: pull,
    STANDINGS: keep_standings,
    PAST_WEEKS: keep_past_weeks,
}
