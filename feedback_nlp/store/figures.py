"""The figures of one week, computed by the database in a handful of grouped queries.

Each number is a :class:`~feedback_nlp.report.digest.Count` that names the conditions
under which :func:`feedback_nlp.store.counting.count` gives the same number again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlmodel import Session, col

from feedback_nlp.config import RankConfig, ReportConfig
from feedback_nlp.errors import NotFound
from feedback_nlp.labels import Movement, RequestStatus, Sentiment, TopicState, label
from feedback_nlp.loop import SETTLED
from feedback_nlp.rank import Priority, Subject, explain, rank, ranked_last
from feedback_nlp.report.digest import (
    Count,
    LinkedRequest,
    PraiseFigures,
    Quote,
    TopicFigures,
    WeeklyDigest,
)
from feedback_nlp.report.movement import movement
from feedback_nlp.report.quotes import QuoteCandidate, choose_quotes
from feedback_nlp.store.counting import count, is_counted
from feedback_nlp.store.tables import (
    FeatureRequest,
    Feedback,
    FeedbackUnit,
    Run,
    Source,
    StatusEvent,
    Topic,
)
from feedback_nlp.store.voices import (
    CHANNEL,
    exposure,
    history_weeks,
    latest_week,
    topic_voices,
    week_starts,
    weeks_ago,
)
from feedback_nlp.store.week_loop import loop_steps, old_promises
from feedback_nlp.store.week_ratings import nps, rating_drivers
from feedback_nlp.store.week_totals import batches, channels, ratings, scope, totals
from feedback_nlp.weeks import Month, Period, parse_period

_PRAISE_COUNT = 5


def choose_week(
    session: Session, zone: ZoneInfo, wanted: str | None = None, product: str | None = None
) -> Period:
    """Return the wanted week or month, by default the last week with feedback.

    Raises:
        InputError: If ``wanted`` is neither a week nor a month.
        NotFound: If there is no feedback, or nothing was analysed yet.
    """
    latest = latest_week(session, zone, product)
    if latest is None:
        of_product = f"产品“{product}”" if product else "数据库里"
        raise NotFound(f"{of_product}还没有反馈", hint="先运行 feedback-nlp ingest 导入")
    if session.scalar(select(func.count()).where(col(Run.status) == "complete")) == 0:
        raise NotFound("导入的反馈还没有分析", hint="先运行 feedback-nlp analyze")
    return latest if wanted is None else parse_period(wanted)


def weekly(
    session: Session,
    week: Period,
    zone: ZoneInfo,
    *,
    rank_config: RankConfig,
    report_config: ReportConfig,
    product: str | None = None,
) -> WeeklyDigest:
    """Compute the digest of one week from the rows.

    Args:
        session: A reading session.
        week: Which week; for a month, weeks in the configuration are scaled to months.
        zone: Where weeks begin and in which days are shown.
        rank_config: Weights and scales of the ranking.
        report_config: Thresholds of movements, lengths of lists.
        product: Only this product's feedback.
    """
    if isinstance(week, Month):
        rank_config, report_config = rank_config.monthly(), report_config.monthly()
    facts = _WeekFacts(session, week, zone, product, rank_config, report_config)
    first_day, after = (moment.astimezone(zone).date() for moment in week.bounds(zone))
    missing = scope(week, product, time_missing=True)
    return WeeklyDigest(
        week=str(week),
        first_day=first_day,
        last_day=after - timedelta(days=1),
        zone=str(zone),
        product=product,
        weeks=tuple(str(week.shift(-back)) for back in range(facts.length - 1, -1, -1)),
        history_weeks=facts.history,
        exposure=round(facts.exposure, 3),
        totals=totals(session, week, zone, product),
        topics=facts.topics(),
        praise=facts.praise(),
        channels=channels(session, week, zone, product),
        ratings=ratings(session, week, zone, product),
        drivers=rating_drivers(
            session,
            week,
            zone,
            product,
            window_weeks=report_config.series_weeks,
            min_count=report_config.driver_min_count,
        ),
        nps=nps(session, week, zone, product),
        loop=loop_steps(session, week, zone, product),
        old_promises=old_promises(
            session, week, zone, product, promise_weeks=report_config.promise_weeks
        ),
        batches=batches(session, week, zone),
        without_time=Count(count(session, "feedback", missing, zone), "feedback", missing),
        weights_version=rank_config.version,
        top_count=report_config.top_count,
    )


@dataclass
class _WeekFacts:
    """What several parts of the digest ask about the topics of one week."""

    session: Session
    week: Period
    zone: ZoneInfo
    product: str | None
    rank_config: RankConfig
    report_config: ReportConfig

    def __post_init__(self) -> None:
        report = self.report_config
        self.length = report.series_weeks
        self.span = "月" if isinstance(self.week, Month) else "周"
        window = max(self.length, report.new_after_quiet_weeks + 1, report.baseline_weeks + 1)
        self.starts = week_starts(self.week, self.zone, window)
        self.history = history_weeks(self.session, self.week, self.zone, self.product)
        self.exposure = exposure(
            self.session,
            self.week,
            self.zone,
            usual_weeks=self.rank_config.trend_history_weeks,
            product=self.product,
        )

    def topics(self) -> tuple[TopicFigures, ...]:
        """Return the issue topics worth showing, in the order of the ranking."""
        rows = self._living("issue")
        requests = self._requests()
        before, by_now = (
            self._statuses(requests, moment)
            for moment in (self.starts[0], self.week.bounds(self.zone)[1])
        )
        ranking = self._ranking(rows, requests)
        people, feedback = self._by_week()
        moves = {
            item.subject_id: movement(
                [people[item.subject_id, back] for back in range(len(self.starts))],
                self.report_config,
                history_weeks=self.history,
                exposure=self.exposure,
                is_settled=before.get(item.subject_id) in SETTLED,
            )
            for item in ranking
        }
        done = {
            topic_id
            for topic_id, status in by_now.items()
            if status in (*SETTLED, RequestStatus.DECLINED)
            and moves.get(topic_id) is not Movement.REOPENED
        }
        silent = {
            item.subject_id
            for item in ranking
            if not people[item.subject_id, 0] and not rows[item.subject_id].pinned
        }
        ranking = ranked_last(ranked_last(ranking, silent), done)
        shown = [
            item
            for item in ranking
            if item.position <= self.report_config.top_count
            or any(people[item.subject_id, back] for back in (0, 1))
        ]
        totals_by_topic = self._people_total()
        by_channel = self._this_week(CHANNEL, func.count(func.distinct(col(Feedback.person_key))))
        by_mood = self._this_week(
            col(FeedbackUnit.sentiment), func.count(func.distinct(col(FeedbackUnit.id)))
        )
        quotes = self._quotes([rows[item.subject_id] for item in shown])
        return tuple(
            self._topic(
                rows[item.subject_id],
                item,
                moves[item.subject_id],
                people=people,
                feedback=feedback,
                total=totals_by_topic.get(item.subject_id, 0),
                by_channel=by_channel[item.subject_id],
                by_mood=by_mood[item.subject_id],
                quotes=quotes.get(item.subject_id, ()),
                request=requests.get(item.subject_id),
                why=self._why(item, ranking, by_now, done, silent),
            )
            for item in shown
        )

    def _why(
        self,
        item: Priority,
        ranking: Sequence[Priority],
        statuses: Mapping[int, RequestStatus],
        done: Collection[int],
        silent: Collection[int],
    ) -> str:
        """Explain a place in the ranking."""
        if item.subject_id in done:
            status = label(statuses[item.subject_id])
            return f"{explain(item, span=self.span)}需求{status}，排在未解决的后面。"
        if item.subject_id in silent:
            return f"{explain(item, span=self.span)}本{self.span}没有人提到，排在有人提到的后面。"
        return explain(item, ranking, span=self.span)

    def praise(self) -> tuple[PraiseFigures, ...]:
        """Return the topics of praise with most people this week."""
        rows = self._living("praise")
        people, _ = self._by_week()
        order = sorted(
            (topic_id for topic_id in rows if people[topic_id, 0]),
            key=lambda topic_id: (-people[topic_id, 0], topic_id),
        )[:_PRAISE_COUNT]
        quotes = self._quotes([rows[topic_id] for topic_id in order])
        return tuple(
            PraiseFigures(
                topic_id=topic_id,
                name=rows[topic_id].name,
                people=self._count(people[topic_id, 0], "people", topic_id, self.week),
                quote=next(iter(quotes.get(topic_id, ())), None),
            )
            for topic_id in order
        )

    def _topic(
        self,
        row: Topic,
        priority: Priority,
        move: Movement | None,
        *,
        people: Mapping[tuple[int, int], int],
        feedback: Mapping[tuple[int, int], int],
        total: int,
        by_channel: Mapping[str, int],
        by_mood: Mapping[str, int],
        quotes: Sequence[Quote],
        request: FeatureRequest | None,
        why: str,
    ) -> TopicFigures:
        id_ = priority.subject_id
        last = self.week.shift(-1)
        here = self._where(id_, self.week)
        until = {
            **{key: value for key, value in here.items() if key != "week"},
            "until_week": str(self.week),
        }
        return TopicFigures(
            topic_id=id_,
            name=row.name,
            keywords=tuple(row.keywords),
            is_pinned=row.pinned,
            movement=move,
            people=self._count(people[id_, 0], "people", id_, self.week),
            people_last=self._count(people[id_, 1], "people", id_, last),
            people_total=Count(total, "people", until),
            feedback=self._count(feedback[id_, 0], "feedback", id_, self.week),
            feedback_last=self._count(feedback[id_, 1], "feedback", id_, last),
            series=tuple(
                self._count(people[id_, back], "people", id_, self.week.shift(-back))
                for back in range(self.length - 1, -1, -1)
            ),
            channels={
                channel: Count(value, "people", {**here, "channel": channel})
                for channel, value in sorted(by_channel.items(), key=lambda kv: (-kv[1], kv[0]))
            },
            sentiments={
                mood.value: Count(
                    by_mood.get(mood.value, 0), "units", {**here, "unit_sentiment": mood.value}
                )
                for mood in (Sentiment.NEG, Sentiment.NEU, Sentiment.POS)
            },
            quotes=tuple(quotes),
            request=None
            if request is None
            else LinkedRequest(request.key, request.status, request.reporter_status, request.owner),
            priority=priority,
            why=why,
        )

    def _where(self, topic_id: int, week: Period) -> dict[str, Any]:
        return scope(week, self.product, topic_id=topic_id, counted=True, vent=False)

    def _count(self, value: int, of: str, topic_id: int, week: Period) -> Count:
        return Count(value, of, self._where(topic_id, week))

    def _living(self, kind: str) -> dict[int, Topic]:
        statement = select(Topic).where(
            col(Topic.kind) == kind,
            col(Topic.state) != TopicState.MERGED.value,
            col(Topic.is_theme).is_(False),
            col(Topic.muted).is_(False),
        )
        return {topic.id: topic for topic in self.session.scalars(statement) if topic.id}

    def _requests(self) -> dict[int, FeatureRequest]:
        """Return the request that stands for each topic; a duplicate points to its target."""
        rows = list(self.session.scalars(select(FeatureRequest).order_by(col(FeatureRequest.id))))
        by_key = {request.key: request for request in rows}
        requests: dict[int, FeatureRequest] = {}
        for request in sorted(rows, key=lambda row: row.duplicate_of_key is not None):
            target = request
            while target.duplicate_of_key:
                target = by_key[target.duplicate_of_key]
            if request.topic_id is not None:
                requests.setdefault(request.topic_id, target)
        return requests

    def _statuses(
        self, requests: Mapping[int, FeatureRequest], moment: datetime
    ) -> dict[int, RequestStatus]:
        """Return the status that each topic's request had just before ``moment``."""
        latest = (
            select(func.max(col(StatusEvent.id)))
            .where(col(StatusEvent.happened_at) < moment)
            .group_by(col(StatusEvent.request_id))
        )
        status = {
            event.request_id: RequestStatus(event.to_status)
            for event in self.session.scalars(
                select(StatusEvent).where(col(StatusEvent.id).in_(latest))
            )
        }
        return {
            topic_id: status[request.id]
            for topic_id, request in requests.items()
            if request.id in status
        }

    def _ranking(
        self, rows: Mapping[int, Topic], requests: Mapping[int, FeatureRequest]
    ) -> list[Priority]:
        subjects = [
            Subject(
                topic_id,
                strategic=requests[topic_id].strategic_weight if topic_id in requests else None,
                effort=requests[topic_id].effort if topic_id in requests else None,
            )
            for topic_id in sorted(rows)
        ]
        voices = topic_voices(
            self.session,
            rows,
            self.week,
            self.zone,
            horizon_weeks=self.rank_config.horizon_weeks,
            product=self.product,
        )
        return rank(
            subjects,
            voices,
            self.rank_config,
            history_weeks=self.history,
            exposure=self.exposure,
            product=self.product,
        )

    def _units(self, statement: Any) -> Any:
        """Narrow a statement to the units that topics are counted by."""
        statement = (
            statement.select_from(FeedbackUnit)
            .join(Feedback, col(Feedback.id) == col(FeedbackUnit.feedback_id))
            .join(Source, col(Source.id) == col(Feedback.source_id))
            .where(
                col(FeedbackUnit.topic_id).is_not(None),
                col(FeedbackUnit.is_vent).is_(False),
                col(Feedback.occurred_at) < self.week.bounds(self.zone)[1],
                is_counted(),
            )
        )
        if self.product is not None:
            statement = statement.where(col(Feedback.product) == self.product)
        return statement

    def _by_week(self) -> tuple[dict[tuple[int, int], int], dict[tuple[int, int], int]]:
        """Return people and feedback by (topic, weeks ago); absent pairs are 0."""
        back = weeks_ago(self.starts).label("back")
        statement = self._units(
            select(
                col(FeedbackUnit.topic_id),
                back,
                func.count(func.distinct(col(Feedback.person_key))),
                func.count(func.distinct(col(Feedback.id))),
            )
        ).where(col(Feedback.occurred_at) >= self.starts[-1])
        people: dict[tuple[int, int], int] = defaultdict(int)
        feedback: dict[tuple[int, int], int] = defaultdict(int)
        for topic_id, week, people_count, feedback_count in self.session.execute(
            statement.group_by(col(FeedbackUnit.topic_id), back)
        ):
            people[topic_id, week] = people_count
            feedback[topic_id, week] = feedback_count
        return people, feedback

    def _people_total(self) -> dict[int, int]:
        statement = self._units(
            select(col(FeedbackUnit.topic_id), func.count(func.distinct(col(Feedback.person_key))))
        ).group_by(col(FeedbackUnit.topic_id))
        return {row[0]: row[1] for row in self.session.execute(statement)}

    def _this_week(self, key: Any, measure: Any) -> dict[int, dict[str, int]]:
        """Return a measure of this week by topic and by ``key``."""
        statement = self._units(select(col(FeedbackUnit.topic_id), key, measure)).where(
            col(Feedback.occurred_at) >= self.starts[0]
        )
        found: dict[int, dict[str, int]] = defaultdict(dict)
        for topic_id, value, number in self.session.execute(
            statement.group_by(col(FeedbackUnit.topic_id), key)
        ):
            found[topic_id][value] = number
        return found

    def _quotes(self, topics: Iterable[Topic]) -> dict[int, tuple[Quote, ...]]:
        """Return differing quotes: what the topic stage chose and this week's best."""
        rows = {topic.id: topic for topic in topics if topic.id is not None}
        wanted = [unit_id for topic in rows.values() for unit_id in topic.quote_unit_ids]
        fields = select(
            col(FeedbackUnit.id),
            col(FeedbackUnit.topic_id),
            col(FeedbackUnit.topic_similarity),
            col(Feedback.id),
            col(Feedback.text),
            col(FeedbackUnit.start),
            col(FeedbackUnit.end),
            col(Feedback.person_key),
            CHANNEL,
            col(Feedback.occurred_at),
        )
        of_topics = self._units(fields).where(col(FeedbackUnit.topic_id).in_(rows))
        this_week = of_topics.where(col(Feedback.occurred_at) >= self.starts[0])
        chosen = of_topics.where(col(FeedbackUnit.id).in_(wanted))
        found: dict[int, dict[int, tuple[QuoteCandidate, Quote]]] = defaultdict(dict)
        for statement in (this_week, chosen):
            for (
                unit_id,
                topic_id,
                similarity,
                feedback_id,
                text,
                start,
                end,
                person,
                channel,
                moment,
            ) in self.session.execute(statement):
                words = text[start:end].strip()
                is_old = moment < self.starts[0]
                favourites = rows[topic_id].quote_unit_ids
                preference = (
                    favourites.index(unit_id) / len(favourites) - 1
                    if unit_id in favourites
                    else 1 - (similarity or 0)
                )
                found[topic_id][unit_id] = (
                    QuoteCandidate(preference + 10 * is_old, unit_id, person, words),
                    Quote(
                        unit_id, feedback_id, words, channel, moment.astimezone(self.zone).date()
                    ),
                )
        return {
            topic_id: tuple(
                candidates[unit_id][1]
                for unit_id in choose_quotes(
                    [candidate for candidate, _ in candidates.values()],
                    self.report_config.quote_count,
                )
            )
            for topic_id, candidates in found.items()
        }
