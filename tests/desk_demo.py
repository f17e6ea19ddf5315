"""The analysed demo behind the tests of the desk: made once, then copied for each of them.

``DESK_DEMO`` names a demo's SQLite file that was made before; that saves a minute.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import make_url
from sqlmodel import col, select

from feedback_nlp.config import load_config
from feedback_nlp.jobs.demo import run_demo
from feedback_nlp.requests.notice_words import set_route
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database
from feedback_nlp.store.likeness_table import TopicLikeness
from feedback_nlp.store.tables import FeatureRequest, Source, Topic
from tests.copied_databases import copies

NOW = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)  # a Wednesday; the demo's last week is over
#: Topics that the demo always finds; the last two speak of one matter.
CRASH, SLOW, SLOWER = "App 闪退", "卡顿、反应慢", "一直加载转圈"


def demos(folder: Path) -> Iterator[Callable[[], str]]:
    """Yield a function that copies the demo, on SQLite or PostgreSQL, and returns its URL."""

    def fill(url: str) -> None:
        made = os.environ.get("DESK_DEMO")
        if made and make_url(url).get_backend_name() == "sqlite":
            shutil.copy(made, str(make_url(url).database))
            return
        settings = Settings(secret="演示")
        run_demo(folder, load_config(None), settings, now=lambda: NOW, seed=42, database_url=url)

    yield from copies(folder, fill)


def answer_everybody(url: str, outlet: str = "回访") -> None:
    """Let people of all sources but the last be answered through an outlet."""
    opened = Database(url)
    with opened.write() as session:
        for source in list(session.scalars(select(Source).order_by(col(Source.id))))[:-1]:
            set_route(session, source.name, outlet)
    opened.dispose()


def propose_one_matter(url: str, names: tuple[str, str] = (SLOW, SLOWER)) -> None:
    """Leave a proposal that two topics are one matter, as an analysis would."""
    lower, upper = sorted(topic_id(url, name) for name in names)
    opened = Database(url)
    with opened.write() as session:
        session.add(
            TopicLikeness(
                topic_id=lower,
                other_id=upper,
                score=0.82,
                evidence={"shared_people": 3},
                found_at=NOW,
            )
        )
    opened.dispose()


def topic_id(url: str, name: str) -> int:
    """Return the id of a topic of the demo: numbers change with each retraining, names hardly."""
    opened = Database(url)
    with opened.read() as session:
        found = session.scalar(
            select(Topic.id).where(col(Topic.name) == name, col(Topic.is_theme).is_(False))
        )
    opened.dispose()
    assert found is not None, name
    return found


def request_key(url: str, name: str) -> str:
    """Return the key of the request that a topic of the demo led to."""
    opened = Database(url)
    with opened.read() as session:
        found = session.scalar(select(FeatureRequest.key).where(col(FeatureRequest.title) == name))
    opened.dispose()
    assert found is not None, name
    return found
