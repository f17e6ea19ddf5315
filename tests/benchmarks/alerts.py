"""Alerts on the demo generator: precision, recall and delay over 50 seeds.

Run ``python -m tests.benchmarks.alerts -o docs/benchmarks/alerts.json``. Each seed
plants three one-day spikes of 12–25 posts among issues of 2–5 people a day, beside the
demo's own crash; the issue of each post is the generator's, so that only the alerts are
judged, not the topics.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import random
from datetime import date
from pathlib import Path

import numpy as np

from feedback_nlp.alerts import DailyPeople, find_alerts
from feedback_nlp.config import load_config
from feedback_nlp.demo.plan import Plan, Spike
from feedback_nlp.demo.posts import Newsroom, Post

SEEDS = 50
SPIKES = 3
LATEST_CALL_DAYS = 3
CRASH, CRASH_WEEK = "checkout-crash", 4
NOT_STEADY = {CRASH, "coupon-unusable", "praise", "seasonal", "vents", "chat"}


def daily(posts: list[Post], codes: dict[str, int]) -> DailyPeople:
    """Count distinct people a day for each issue; bursts and cross-posts count as one person."""
    posts = [post for post in posts if post.kind != "burst"]
    first_day = min(post.at for post in posts).date()
    length = (max(post.at for post in posts).date() - first_day).days + 1
    everyone: list[set[int]] = [set() for _ in range(length)]
    by_issue: dict[str, list[set[int]]] = {issue: [set() for _ in range(length)] for issue in codes}
    for post in posts:
        day = (post.at.date() - first_day).days
        everyone[day].add(id(post.person))
        for issue in post.issues:
            by_issue[issue][day].add(id(post.person))
    return DailyPeople(
        first_day,
        np.array([len(people) for people in everyone]),
        {codes[issue]: np.array([len(p) for p in days]) for issue, days in by_issue.items()},
    )


def planted(plan: Plan, seed: int) -> list[Spike]:
    """Choose three spikes of steady issues, on different issues."""
    chooser = random.Random(seed)
    issues = sorted(set(plan.rates) - NOT_STEADY)
    return [
        Spike(issue, chooser.randrange(16, 40), chooser.randrange(12, 26))
        for issue in chooser.sample(issues, SPIKES)
    ]


def main() -> None:
    """Measure and write the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("-o", "--output", type=Path)
    output = parser.parse_args().output
    shipped, config = Plan.shipped(), load_config().alerts
    alarms = hits = events = 0
    delays: list[int] = []
    for seed in range(SEEDS):
        spikes = planted(shipped, seed)
        posts = Newsroom(shipped.varied(spikes=spikes), seed).posts()
        codes = {
            issue: code for code, issue in enumerate(sorted({i for p in posts for i in p.issues}))
        }
        counts = daily(posts, codes)
        monday = shipped.at(0).date()
        expected: dict[int, date] = {
            codes[spike.issue]: shipped.at(spike.day).date() for spike in spikes
        }
        crash_days = [post.at.date() for post in posts if CRASH in post.issues]
        alerts = find_alerts(counts, config)
        alarms += len(alerts)
        events += SPIKES + 1
        for code, day in expected.items():
            called = [(a.day - day).days for a in alerts if a.topic_id == code]
            called = [delay for delay in called if 0 <= delay <= LATEST_CALL_DAYS]
            hits += bool(called)
            delays += called[:1]
        # the crash begins in its week and grows for two; a call counts from its first post on
        first_crash = min(crash_days)
        hits += any(alert.topic_id == codes[CRASH] and alert.day >= first_crash for alert in alerts)
        assert (first_crash - monday).days >= CRASH_WEEK * 7
    figures = {
        "what": "alerts on the demo generator, planted spikes and the crash",
        "seeds": SEEDS,
        "events": events,
        "alerts": alarms,
        "precision": round(hits / alarms, 3),
        "recall": round(hits / events, 3),
        "delay_days_mean": round(float(np.mean(delays)), 2),
        "delay_days_max": max(delays),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "date": date.today().isoformat(),
    }
    text = json.dumps(figures, ensure_ascii=False, indent=1) + "\n"
    print(text, end="")
    if output:
        output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
