"""Six invented weeks in a database: a crash that takes off, a wish, a fading issue, a burst."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from sqlmodel import Session

from feedback_nlp.store import Database
from feedback_nlp.store.tables import (
    Feedback,
    FeedbackUnit,
    IngestBatch,
    RejectedRow,
    Run,
    Source,
    Topic,
)
from feedback_nlp.weeks import Week

ZONE = ZoneInfo("Asia/Shanghai")
WEEK = Week(2026, 47)
NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)

#: People a week, oldest first, by topic.
PLAN = {
    "上传照片闪退": (0, 0, 0, 0, 3, 24),
    "希望有夜间模式": (6, 5, 6, 5, 6, 6),
    "同步很慢": (20, 22, 18, 9, 4, 2),
    "登录收不到验证码": (8, 9, 7, 8, 9, 0),
}
_TEXTS = {
    "上传照片闪退": ("更新以后一传照片就闪退", "选完图片直接退出来了", "照片还没传完软件就崩了"),
    "希望有夜间模式": (
        "求出个夜间模式",
        "晚上看屏幕太刺眼，能加深色主题吗",
        "希望有护眼的黑色界面",
    ),
    "同步很慢": ("同步一次要等十几分钟", "电脑和手机总是不同步", "云端更新特别慢"),
    "登录收不到验证码": ("登录一直收不到验证码", "短信验证码等半天不来", "换手机后登不上去"),
}
_INTENTS = {"希望有夜间模式": "feature"}


class Builder:
    """Writes rows the way ingestion and analysis leave them."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.topics: dict[str, int] = {}
        self.sources: dict[str, int] = {}
        self.batches: dict[str, int] = {}
        self.run_id = self._added(
            Run(kind="analyze", status="complete", started_at=NOW, finished_at=NOW)
        )
        self._number = 0
        self.flushes = True

    def again(self) -> Builder:
        """Return another that goes on from here, in a database with the same rows."""
        other = copy(self)
        other.topics, other.sources, other.batches = (
            dict(self.topics),
            dict(self.sources),
            dict(self.batches),
        )
        return other

    def _added(self, row) -> int:
        self.session.add(row)
        self.session.flush()
        return row.id

    def source(self, name: str, kind: str = "in_app") -> int:
        if name not in self.sources:
            id_ = self._added(Source(name=name, kind=kind, created_at=NOW))
            self.sources[name] = id_
            self.batches[name] = self._added(
                IngestBatch(source_id=id_, status="complete", started_at=NOW)
            )
        return self.sources[name]

    def topic(self, name: str, kind: str = "issue", **fields) -> int:
        if name not in self.topics:
            self.topics[name] = self._added(
                Topic(
                    name=name, kind=kind, keywords=[name[:2]], created_run_id=self.run_id, **fields
                )
            )
        return self.topics[name]

    def say(
        self,
        text: str,
        *,
        weeks_ago: int = 0,
        hours: float = 30,
        topic: str | None = None,
        kind: str = "issue",
        author: str | None = None,
        intent: str = "bug",
        sentiment: str = "neg",
        source: str = "反馈页",
        source_kind: str = "in_app",
        **fields,
    ) -> Feedback:
        """Add one feedback with one unit that covers its text."""
        self._number += 1
        author = author or f"author-{self._number}"
        start = WEEK.shift(-weeks_ago).bounds(ZONE)[0]
        score = {"neg": -0.8, "neu": 0.0, "pos": 0.8}[sentiment]
        source_id = self.source(source, source_kind)
        feedback = Feedback(
            **{
                "id": self._number,
                "source_id": source_id,
                "source_key": str(self._number),
                "batch_id": self.batches[source],
                "author_key": author,
                "person_key": author,
                "text": text,
                "product": "云笔记",
                "occurred_at": start + timedelta(hours=hours),
                "ingested_at": NOW,
                "analyzed_run_id": self.run_id,
                "sentiment": sentiment,
                "sentiment_score": score,
                "intent": intent,
                **fields,
            }
        )
        batch = self.session.get_one(IngestBatch, self.batches[source])
        batch.read_count += 1
        batch.accepted_count += 1
        self.session.add(feedback)
        self.session.add(
            FeedbackUnit(
                id=self._number,
                feedback_id=self._number,
                position=0,
                start=0,
                end=len(text),
                sentiment=sentiment,
                sentiment_score=score,
                sentiment_confidence=0.9,
                intent=intent,
                intent_confidence=0.9,
                topic_id=self.topic(topic, kind) if topic else None,
                topic_similarity=0.7,
            )
        )
        if self.flushes:
            self.session.flush()
        return feedback

    def reject(self, source: str, reason: str, number: int) -> None:
        self.source(source)
        batch = self.session.get_one(IngestBatch, self.batches[source])
        batch.read_count += number
        batch.rejected_count += number
        for line in range(number):
            self.session.add(RejectedRow(batch_id=batch.id or 0, line=line + 2, reason=reason))


def fill(session: Session) -> Builder:
    """Write the six weeks."""
    build = Builder(session)
    build.flushes = False  # once at the end is three times as fast
    channels = ("微博", "应用商店", None)
    for name, counts in PLAN.items():
        for back, people in enumerate(reversed(counts)):
            for person in range(people):
                build.say(
                    _TEXTS[name][person % 3],
                    weeks_ago=back,
                    hours=7 * person % 168,
                    topic=name,
                    author=f"{name}-{back}-{person}",
                    intent=_INTENTS.get(name, "bug"),
                    sentiment="neu" if name in _INTENTS else "neg",
                    channel=channels[person % 3],
                    source="商店" if person % 3 == 1 else "反馈页",
                    source_kind="app_store" if person % 3 == 1 else "in_app",
                    rating=1.0 + person % 2 if person % 3 == 1 else None,
                    app_version=f"5.{back % 2}",
                    segment=("会员", "普通用户", None)[person // 3 % 3],
                )
    for number in range(40):
        build.say(
            "夜间模式快出！大家一起顶",
            topic="希望有夜间模式",
            intent="feature",
            author=f"pusher{number % 3}",
            is_burst=True,
            duplicate_of=1,
        )
    build.say("界面很清爽", topic="界面好看", kind="praise", intent="praise", sentiment="pos")
    build.say("垃圾软件", topic="发泄", kind="vent", intent="complaint")
    build.say("代开发票加微信", is_spam=True)
    build.say("字体有点小", intent="complaint")
    build.say("没写时间的一条", intent="other", sentiment="neu", meta={"time_missing": True})
    build.reject("反馈页", "blank-text", 3)
    build.reject("反馈页", "bad-encoding", 1)
    session.flush()
    build.flushes = True
    return build


_filled: list[tuple[bytes, Builder]] = []  # the file of the six weeks, once it was written


@contextmanager
def six_weeks(url: str) -> Iterator[tuple[Database, Builder]]:
    """Fill the empty database at ``url`` with the six weeks and open it.

    A SQLite file is filled once a process; the next one gets its bytes.
    """
    database = Database(url)
    file = Path(database.url.database or "") if database.is_sqlite else None
    try:
        if file and _filled:
            file.write_bytes(_filled[0][0])
            build = _filled[0][1].again()
        else:
            with database.write() as session:
                build = fill(session)
            if file:
                database.dispose()  # the last connection folds the write-ahead log into the file
                _filled.append((file.read_bytes(), build.again()))
                database = Database(url)
        yield database, build
    finally:
        database.dispose()
