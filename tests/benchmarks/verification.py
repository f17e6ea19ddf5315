"""Verification over simulated releases: fixed, not fixed, and a dip that is no fix.

Run ``make bench-verification``; no other data is needed. Each seed is a database of thirteen
topics over ten weeks, whose levels wander from week to week and whose days are over-dispersed,
with weekends. Two requests are released on the same day: in one the topic falls to a tenth of its
people (over three days, as updates spread), in the other nothing changes. In half of the seeds
the release falls together with a season that ends: everything halves. Releases are looked at
each day for six weeks by the job that a deployment runs, and the first verdict counts.

The same seeds without controls, the topic against itself, say what the controls are for. And
because a fix may be half a fix, the same topics are judged with other shares left. The method was
chosen on seeds below 1,000; the figures are of seeds that it never saw.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import tempfile
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlmodel import Session

from feedback_nlp.config import load_config
from feedback_nlp.jobs.verify import check_releases
from feedback_nlp.labels import Verdict
from feedback_nlp.loop.verification import judge, windows
from feedback_nlp.store import Database
from feedback_nlp.store.tables import (
    Evidence,
    FeatureRequest,
    Feedback,
    FeedbackUnit,
    Source,
    StatusEvent,
    Topic,
)

ZONE = ZoneInfo("Asia/Shanghai")
FIRST = date(2026, 3, 2)
WEEKS, RELEASE = 10, 28
LEVELS = (1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0)  # people a day of a topic
CONTROLS = 11
LEFT = 0.1  # of a fixed problem
PARTS_LEFT = (0.0, 0.1, 0.3, 0.4, 0.5, 0.7, 1.0)
SEASON = 0.5
KINDS = ("fixed", "not_fixed")


def simulate(seed: int, *, season: bool, left: float = LEFT) -> tuple[np.ndarray, list[float]]:
    """Return (topics, days) people a day; topic 0 is fixed, topic 1 is not, the rest untouched."""
    dice = np.random.default_rng(seed)
    days = 7 * WEEKS
    level = dice.choice(LEVELS, size=2 + CONTROLS)
    wander = np.exp(np.cumsum(dice.normal(0, 0.10, (len(level), WEEKS)), axis=1)).repeat(7, axis=1)
    weekend = np.where(np.arange(days) % 7 >= 5, 0.8, 1.0)
    noise = dice.gamma(8.0, 1 / 8.0, (len(level), days))
    everybody = dice.gamma(40.0, 1 / 40.0, days)
    mean = level[:, None] * wander * weekend * noise * everybody
    if season:
        mean[:, RELEASE:] *= SEASON
    spread = np.clip((np.arange(days) - RELEASE) / 3, 0, 1)
    mean[0] *= 1 - (1 - left) * spread
    return dice.poisson(mean), level[:2].tolist()


def fill(session: Session, people: np.ndarray) -> None:
    """Store what was said, and the two requests with their releases."""
    source = Source(name="模拟", kind="in_app", created_at=_at(0))
    topics = [Topic(name=f"主题{number}", kind="issue") for number in range(len(people))]
    session.add_all([source, *topics])
    session.flush()
    requests = [
        FeatureRequest(
            key=f"REQ-{number + 1}",
            title=KINDS[number],
            intent="bug",
            topic_id=topics[number].id,
            status="released",
            created_at=_at(0),
            updated_at=_at(0),
        )
        for number in range(2)
    ]
    session.add_all(requests)
    session.flush()
    said = [
        (topic, day, who)
        for topic, row in enumerate(people)
        for day, count in enumerate(row.tolist())
        for who in range(count)
    ]
    feedback = [
        Feedback(
            source_id=source.id or 0,
            source_key=f"{topic}-{day}-{who}",
            text="。",
            occurred_at=_at(day),
            ingested_at=_at(day),
            person_key=f"{topic}-{day}-{who}",
        )
        for topic, day, who in said
    ]
    session.add_all(feedback)
    session.flush()
    units = [
        FeedbackUnit(
            feedback_id=item.id or 0,
            position=0,
            start=0,
            end=1,
            intent="bug",
            sentiment="neg",
            sentiment_score=-1.0,
            sentiment_confidence=1.0,
            intent_confidence=1.0,
            topic_id=topics[topic].id,
        )
        for item, (topic, _, _) in zip(feedback, said, strict=True)
    ]
    session.add_all(units)
    session.flush()
    session.add_all(
        Evidence(request_id=requests[topic].id or 0, unit_id=unit.id or 0)
        for unit, (topic, _, _) in zip(units, said, strict=True)
        if topic < 2
    )
    session.add_all(
        StatusEvent(
            request_id=request.id or 0,
            from_status="in_progress",
            to_status="released",
            from_reporter_status="planned",
            to_reporter_status="shipped",
            actor="林晓",
            happened_at=_at(RELEASE),
        )
        for request in requests
    )


def verdicts(folder: Path, seed: int, *, season: bool) -> Iterator[dict[str, Any]]:
    """Look at both releases each day; yield the verdict of each and the day it came."""
    people, levels = simulate(seed, season=season)
    path = folder / "simulated.db"
    path.write_bytes((folder / "empty.db").read_bytes())
    database = Database(f"sqlite:///{path}")
    with database.write() as session:
        fill(session, people)
    found: dict[str, tuple[Verdict, int]] = {}
    config = load_config()
    for day in range(RELEASE + 1, 7 * WEEKS):
        now = _at(day) + timedelta(hours=23)
        for looked in check_releases(database, config, zone=ZONE, now=now):
            if looked.verdict is not Verdict.WAITING:
                found[looked.title] = (looked.verdict, day - RELEASE)
    database.dispose()
    for kind, level in zip(KINDS, levels, strict=True):
        verdict, days = found.get(kind, (Verdict.WAITING, 0))
        yield {"truth": kind, "season": season, "level": level, "verdict": verdict, "days": days}


def without_controls(seed: int, *, season: bool) -> Iterator[dict[str, Any]]:
    """Judge the same topics against themselves alone."""
    people, _ = simulate(seed, season=season)
    for number, kind in enumerate(KINDS):
        yield {"truth": kind, "season": season, "verdict": first_verdict(people[number], [])}


def first_verdict(topic: np.ndarray, controls: list[np.ndarray]) -> Verdict:
    """Look at a topic each day and return the first verdict, without a database."""
    config = load_config().verification
    verdict = Verdict.WAITING
    for day in range(RELEASE + 1, 7 * WEEKS):
        verdict = judge(topic, controls, windows(RELEASE, day, config), config).verdict
        if verdict is not Verdict.WAITING:
            break
    return verdict


def by_what_is_left(seeds: range) -> dict[str, dict[str, float]]:
    """Return for each share that is left how often which verdict was given."""
    figures = {}
    for left in PARTS_LEFT:
        said: Counter[str] = Counter()
        for seed in seeds:
            for season in (False, True):
                people, _ = simulate(seed, season=season, left=left)
                said[first_verdict(people[0], list(people[len(KINDS) :])).value] += 1
        figures[f"{left:g}"] = {
            verdict: round(number / said.total(), 3) for verdict, number in sorted(said.items())
        }
    return figures


def told(rows: list[dict[str, Any]]) -> dict[str, Any]:
    """Return precision and recall of "fixed" and of "not fixed", and what stayed open."""
    figures: dict[str, Any] = {"releases": len(rows)}
    for verdict in (Verdict.FIXED, Verdict.NOT_FIXED):
        called = [row for row in rows if row["verdict"] is verdict]
        true = [row for row in rows if row["truth"] == verdict.value]
        right = [row for row in called if row["truth"] == verdict.value]
        delays = [row["days"] for row in right if "days" in row]
        figures[verdict.value] = {
            "precision": round(len(right) / len(called), 3) if called else None,
            "recall": round(len(right) / len(true), 3) if true else None,
            "called": len(called),
            **(
                {"median_days": statistics.median(delays), "longest_days": max(delays)}
                if delays
                else {}
            ),
        }
    figures["undecided"] = Counter(
        row["verdict"].value for row in rows if row["verdict"] in (Verdict.WAITING, Verdict.UNCLEAR)
    )
    return figures


def main() -> None:
    """Measure and write the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--first-seed", type=int, default=20_000)
    parser.add_argument("-o", "--output", type=Path)
    asked = parser.parse_args()
    seeds = range(asked.first_seed, asked.first_seed + asked.seeds)
    rows: list[dict[str, Any]] = []
    alone: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as held:
        empty = Database(f"sqlite:///{Path(held) / 'empty.db'}")
        empty.migrate()
        empty.dispose()  # the last connection folds the write-ahead log into the file
        for seed in seeds:
            for season in (False, True):
                rows += verdicts(Path(held), seed, season=season)
                alone += without_controls(seed, season=season)
    figures = {
        "seeds": asked.seeds,
        "first seed": asked.first_seed,
        "all": told(rows),
        "ordinary weeks": told([row for row in rows if not row["season"]]),
        "a season ends with the release": told([row for row in rows if row["season"]]),
        "without controls": told(alone),
        "without controls, a season ends": told([row for row in alone if row["season"]]),
        "by people a day": {
            f"{level:g}": told([row for row in rows if row["level"] == level]) for level in LEVELS
        },
        "verdicts by the share that is left": by_what_is_left(seeds),
        "machine": {"cores": os.cpu_count(), "python": platform.python_version()},
    }
    text = json.dumps(figures, ensure_ascii=False, indent=1)
    print(text)
    if asked.output:
        asked.output.write_text(text + "\n")


def _at(day: int) -> datetime:
    return datetime.combine(FIRST + timedelta(days=day), time(12), ZONE).astimezone(UTC)


if __name__ == "__main__":
    main()
