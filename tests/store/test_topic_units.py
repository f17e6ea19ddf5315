from __future__ import annotations

from datetime import UTC, datetime

from feedback_nlp.jobs.ingest import ingest_items
from feedback_nlp.labels import SourceKind
from feedback_nlp.records import RawItem
from feedback_nlp.store import Database
from feedback_nlp.store.analysis import topic_units
from feedback_nlp.store.tables import Feedback, FeedbackUnit

_NOW = datetime(2026, 11, 2, tzinfo=UTC)
_TEXT = "👍🏻房间“很好”，𰻝𰻝面太咸\n空调 é 响了一夜"


def test_units_are_cut_where_python_would_cut_them(database: Database) -> None:
    ingest_items(
        database,
        [RawItem(line=1, text=_TEXT, source_key="1")],
        source="前台",
        kind=SourceKind.SURVEY,
        now=_NOW,
    )
    with database.write() as session:
        stored = session.get(Feedback, 1)
        assert stored is not None
        text = stored.text
        cuts = [(start, min(start + 5, len(text))) for start in range(0, len(text), 5)]
        session.add_all(
            FeedbackUnit(
                feedback_id=1,
                position=number,
                start=start,
                end=end,
                sentiment="neg",
                sentiment_score=-1,
                sentiment_confidence=1,
                intent="bug",
                intent_confidence=1,
            )
            for number, (start, end) in enumerate(cuts)
        )
    with database.read() as session:
        found = [unit.text for unit in topic_units(session)]
    assert found == [text[start:end] for start, end in cuts]
