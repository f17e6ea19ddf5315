"""Units join the living topics of a database, which stays as it is."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import pytest

from feedback_nlp.config import load_config
from feedback_nlp.errors import NotFound
from feedback_nlp.jobs.classify import classify_file
from feedback_nlp.jobs.options import ClassifyOptions
from feedback_nlp.labels import Intent
from feedback_nlp.pipeline import TopicAssigner
from feedback_nlp.store import Database
from feedback_nlp.topics import TopicUnit
from feedback_nlp.topics.modeler import TopicModeler

ZONE = ZoneInfo("Asia/Shanghai")


def centroid_of(text: str):
    """Where a unit lies in topic space, by asking the assigner for its parts."""
    assigner = TopicAssigner.load(load_config())
    unit = TopicUnit(1, 1, text, Intent.BUG)
    modeler: TopicModeler = assigner._modeler
    embedding = assigner._embedder.embed([text])
    return modeler.group([unit], embedding)


@pytest.fixture
def database(new_database_url):
    database = Database(new_database_url())
    database.migrate()
    yield database
    database.dispose()


def test_a_database_without_topics_says_so(database, tmp_path):
    (tmp_path / "in.txt").write_text("一直闪退\n")
    said = ClassifyOptions(zone=ZONE, topics_of=str(database.url))
    with pytest.raises(NotFound, match="还没有主题"):
        classify_file(tmp_path / "in.txt", tmp_path / "o.jsonl", load_config(), said)
