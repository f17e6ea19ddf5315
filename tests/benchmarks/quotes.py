"""Quotes of every week of a database: of their week, in agreement, differing, whole, no shouts.

Run ``python -m tests.benchmarks.quotes DATABASE [--last WEEKS]`` on an analysed SQLite file.
It prints each quote that fails and the share that holds; it ends with 1 if any fails.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from sqlmodel import col, select

from feedback_nlp.config import load_config
from feedback_nlp.errors import NotFound
from feedback_nlp.pipeline import tell_week
from feedback_nlp.requests.quotes import agrees, is_aside
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database
from feedback_nlp.store.tables import Feedback
from feedback_nlp.week.item_records import Quote
from feedback_nlp.week.records import WeeklyDigest
from feedback_nlp.weeks import Week

_SHOUT = 6
_HALF = "，,、；;：:（(“"
_TOO_SIMILAR = 0.5


def failures(digest: WeeklyDigest) -> Iterator[tuple[str, Quote | None]]:
    """Yield what is wrong with each quote of a digest, ``""`` for nothing."""
    for topic in (*digest.topics, *digest.silent):
        seen: list[Quote] = []
        for quote in topic.quotes:
            yield _failure(digest, quote, seen), quote
            seen.append(quote)
    for praise in digest.praise:
        if praise.quote is not None:
            yield "" if praise.quote.sentiment == "pos" else "不是表扬", praise.quote


def _failure(digest: WeeklyDigest, quote: Quote, before: list[Quote]) -> str:
    if not digest.first_day <= quote.on <= digest.last_day:
        return "不是这一周的"
    if not agrees("issue", quote.text, quote.sentiment, quote.intent, ()):
        return "与主题的情感不符"
    if quote.text[-1] in _HALF or quote.text[0] in _HALF:
        return "只有半句"
    if is_aside(quote.text):
        return "没说事情"
    if before and len(quote.text) < _SHOUT:
        return "只是一声喊"
    if any(_overlap(quote.text, other.text) > _TOO_SIMILAR for other in before):
        return "和另一条差不多"
    return ""


def _overlap(left: str, right: str) -> float:
    pairs = [{text[i : i + 2] for i in range(max(1, len(text) - 1))} for text in (left, right)]
    return len(pairs[0] & pairs[1]) / max(1, min(len(pairs[0]), len(pairs[1])))


def weeks_of(database: Database, settings: Settings) -> list[Week]:
    """Return the weeks that have feedback, in order."""
    with database.read() as session:
        moments = session.scalars(select(col(Feedback.occurred_at)))
        return sorted({Week.of(moment, settings.zone) for moment in moments}, key=str)


def main() -> None:
    """Look at every week."""
    parser = argparse.ArgumentParser()
    parser.add_argument("database")
    parser.add_argument("--last", type=int, default=0, help="only so many weeks, the newest")
    arguments = parser.parse_args()
    settings, config = Settings(), load_config()
    database = Database(f"sqlite:///{arguments.database}")
    found: Counter[str] = Counter()
    for week in weeks_of(database, settings)[-arguments.last :]:
        with database.read() as session:
            try:
                digest = tell_week(
                    session, config, zone=settings.zone, now=datetime.now(UTC), week=str(week)
                )
            except NotFound:
                continue
        for problem, quote in failures(digest):
            found[problem] += 1
            if problem and quote is not None:
                sys.stdout.write(f"{week} {problem}：{quote.text[:60]}\n")
    total = found.total()
    sys.stdout.write(f"{found['']} / {total} 条原话没有问题\n")
    sys.exit(found[""] < total)


if __name__ == "__main__":
    main()
