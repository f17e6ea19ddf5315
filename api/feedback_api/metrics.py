"""Figures for Prometheus: requests by route and status, and what waits in the database.

Labels are templates of routes and never values: no text, name or query gets in here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from fastapi import APIRouter, Response
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select, text
from sqlmodel import col

from feedback_api.services import ServicesDep
from feedback_nlp import __version__
from feedback_nlp.errors import FeedbackError
from feedback_nlp.labels import NoticeStatus
from feedback_nlp.store import Database
from feedback_nlp.store.tables import Feedback, Notice, Run

router = APIRouter(tags=["运行状况"])
_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)


class Metrics:
    """The figures of one application.

    Args:
        database: Asked when figures are read.
    """

    def __init__(self, database: Database) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "feedback_http_requests",
            "Answered requests.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "feedback_http_request_seconds",
            "From the head of a request to the end of its answer.",
            ["method", "route"],
            buckets=_SECONDS,
            registry=self.registry,
        )
        self.registry.register(_DatabaseFigures(database))

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        self._requests.labels(method, route, str(status)).inc()
        self._seconds.labels(method, route).observe(seconds)

    def text(self) -> bytes:
        """Return all figures in Prometheus' text format."""
        return generate_latest(self.registry)


class _DatabaseFigures(Collector):
    """What the database says at the moment of asking; a broken one is a figure, too."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def collect(self) -> Iterable[Metric]:
        yield from self._collect()

    def describe(self) -> Iterable[Metric]:
        return []  # so that registering asks nothing

    def _collect(self) -> Iterator[Metric]:
        info = GaugeMetricFamily("feedback_build", "What runs.", labels=["version"])
        info.add_metric([__version__], 1)
        yield info
        figures: list[tuple[str, str, float]] = []
        try:
            with self._database.read() as session:
                newest = session.scalar(select(func.max(col(Feedback.id)))) or 0
                notices = session.scalar(
                    select(func.count())
                    .select_from(Notice)
                    .where(col(Notice.status) == NoticeStatus.PENDING.value)
                )
                finished = session.scalar(select(func.max(col(Run.finished_at))))
                session.execute(text("SELECT 1"))
            figures = [
                ("feedback_newest_id", "Id of the newest feedback: grows as it arrives.", newest),
                ("feedback_notices_pending", "Notices that nobody has delivered.", notices or 0),
                (
                    "feedback_last_run_timestamp_seconds",
                    "When the last analysis ended; 0 if none has.",
                    finished.timestamp() if finished else 0.0,
                ),
            ]
        except FeedbackError:
            pass
        up = float(bool(figures))
        for name, words, value in [("feedback_database_up", "Whether it answers.", up), *figures]:
            yield GaugeMetricFamily(name, words, value=value)


@router.get("/metrics", operation_id="metrics", response_class=Response)
def show_metrics(services: ServicesDep) -> Response:
    """运行指标，Prometheus 文本格式。"""
    return Response(services.metrics.text(), media_type="text/plain; version=0.0.4; charset=utf-8")
