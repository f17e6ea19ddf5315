"""What routes work with, built once in the app factory and handed over by dependency."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Hashable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, TypeVar

from anyio import CapacityLimiter
from fastapi import Depends, Request

from feedback_api.awaiting import Awaiter
from feedback_api.digest_cache import DigestCache, unchanged
from feedback_api.mined import Mined
from feedback_nlp.config import PipelineConfig
from feedback_nlp.editing import Edit
from feedback_nlp.errors import FeedbackError
from feedback_nlp.inlets.config import Inlets
from feedback_nlp.jobs.outlets import load_inlets, load_outlets
from feedback_nlp.jobs.posts import PostDesk
from feedback_nlp.outlets.config import Outlets
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database, standings

if TYPE_CHECKING:
    from sqlmodel import Session

    from feedback_api.metrics import Metrics
    from feedback_nlp.jobs.evidence_moves import EvidenceDesk
    from feedback_nlp.jobs.request_splits import Splitter
    from feedback_nlp.understanding.engine import Engine
    from feedback_nlp.week.records import WeeklyDigest

_T = TypeVar("_T")


def _utc_now() -> datetime:
    return datetime.now(UTC)


@dataclass(slots=True)
class Services:
    """The deployment: its settings, configuration, database, models and clock.

    Attributes:
        settings: Where things are.
        config: How an analysis is done.
        database: Open, with its schema at head.
        now: The clock; tests set it.
        metrics: What Prometheus asks for.
        posts: Stores posts of feedback in groups.
        stored: Where posts wait to be stored, without a thread each.
        post_threads: How many threads clean posts at once.
        write_slots: How many of the threads may be busy with changes; the rest is for readers.
        digests: Rendered digests and other figures, while they hold.
    """

    settings: Settings
    config: PipelineConfig
    database: Database
    now: Callable[[], datetime] = _utc_now
    digests: DigestCache = field(init=False)
    metrics: Metrics = field(init=False)
    posts: PostDesk = field(init=False)
    mined: Mined = field(default_factory=Mined)
    stored: Awaiter = field(default_factory=Awaiter)
    post_threads: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(4))
    write_slots: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(12))
    _engine: Engine | None = None
    _loading: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        from feedback_api.metrics import Metrics  # noqa: PLC0415 - its route needs this module

        self.digests = DigestCache(self.database)
        self.metrics = Metrics(self.database)
        self.posts = PostDesk(self.database, self.settings.plain_secret)

    def local_now(self) -> datetime:
        """Return the time in the deployment's zone, in which messages tell it."""
        return self.now().astimezone(self.settings.zone)

    def splitter(self, session: Session, actor: str, reason: str) -> Splitter:
        """Return where requests are split by somebody, now."""
        from feedback_nlp.jobs.request_splits import Splitter  # noqa: PLC0415 - knows all stages

        edit = Edit(actor.strip(), self.local_now(), reason)
        return Splitter(session, self.config, self.settings.zone, edit)

    def evidence(self, session: Session, actor: str, reason: str) -> EvidenceDesk:
        """Return where evidence is put right by somebody, now."""
        from feedback_nlp.jobs.evidence_moves import EvidenceDesk  # noqa: PLC0415 - as above

        edit = Edit(actor.strip(), self.local_now(), reason)
        return EvidenceDesk(session, self.config, self.settings.zone, edit)

    def digest(self, suffix: str, week: str | None, product: str | None) -> bytes:
        """Return a rendered digest, see :func:`feedback_nlp.jobs.digest.render_digest`.

        Args:
            suffix: ``.html``, ``.md``, ``.json`` or ``.xlsx``.
            week: A week or a month; ``None`` for the last that is over and not thin.
            product: Only this product's feedback.

        Raises:
            InputError: If ``week`` is neither a week nor a month.
            NotFound: If there is no feedback or no analysis.
        """
        # The pipeline knows all stages, and with them SciPy and scikit-learn.
        from feedback_nlp.jobs.digest import render_digest  # noqa: PLC0415

        def render(session: Session) -> bytes:
            # A workbook lists the rows behind its figures: both are read in one session.
            is_workbook = suffix == ".xlsx"
            told = self._tell(session, week, product) if is_workbook else self.week(week, product)
            return render_digest(session, suffix, told, zone=self.settings.zone)

        return self._of_week(suffix, week, product, render)

    def told_week(self) -> WeeklyDigest | None:
        """Return the last full week if somebody has read it and it holds; tells none anew."""
        with suppress(FeedbackError):  # there may be nothing to tell yet
            found: WeeklyDigest | None = self.digests.peek(*self._week_key("week", None, None))
            return found
        return None

    def week(
        self, week: str | None, product: str | None, source: str | None = None
    ) -> WeeklyDigest:
        """Return what a week changed, as data; arguments and errors as of :meth:`digest`.

        Args:
            week: As there.
            product: As there.
            source: Narrowed to this source, see :func:`feedback_nlp.week.by_source.of_source`.
        """
        if source is not None:
            from feedback_nlp.week.by_source import of_source  # noqa: PLC0415 - loads the ranking

            whole = self.week(week, product)
            return self._of_week(
                ("week of source", source),
                week,
                product,
                lambda session: of_source(session, whole, source),
            )
        return self._of_week(
            "week", week, product, lambda session: self._tell(session, week, product)
        )

    def kept(
        self,
        key: Hashable,
        compute: Callable[[Session], _T],
        basis: Callable[[], object] | None = unchanged,
    ) -> _T:
        """Return figures, computed in a session of their own unless they are kept and hold.

        Args:
            key: All that they depend on besides the database.
            compute: Reads them.
            basis: As of :meth:`DigestCache.get`. By default they are figures in which feedback
                that is not analysed counts nowhere, and hold until something changes.
        """
        return self.digests.get(key, lambda: self._read(compute), basis=basis)

    def _read(self, compute: Callable[[Session], _T]) -> _T:
        with self.database.read() as session:
            return compute(session)

    def _of_week(
        self,
        what: Hashable,
        week: str | None,
        product: str | None,
        compute: Callable[[Session], _T],
    ) -> _T:
        read: list[Session] = []

        def fresh(session: Session) -> _T:
            read.append(session)
            return compute(session)

        key, basis = self._week_key(what, week, product)
        return self.digests.get(
            key,
            lambda: self._read(fresh),
            lambda: standings.keep(self.database, read[-1]),
            basis=basis,
        )

    def _week_key(
        self, what: Hashable, week: str | None, product: str | None
    ) -> tuple[Hashable, Callable[[], object]]:
        """Return under what something of a week is kept, and what it stands on besides changes."""

        def basis(session: Session) -> object:
            from feedback_nlp.pipeline import basis_of_week  # noqa: PLC0415 - knows all stages

            zone, now = self.settings.zone, self.now()
            return basis_of_week(
                session, self.config, zone=zone, now=now, week=week, product=product
            )

        key = (what, week, product, self.local_now().date())  # a running week may end
        return key, lambda: self._read(basis)

    def warm(self) -> None:
        """Tell the last full week before anybody asks: the first visitor of a day waits for nothing."""
        with suppress(FeedbackError):  # there may be nothing to tell yet
            self.week(None, None)

    def _tell(self, session: Session, week: str | None, product: str | None) -> WeeklyDigest:
        from feedback_nlp.pipeline import tell_week  # noqa: PLC0415

        zone = self.settings.zone
        return tell_week(
            session, self.config, zone=zone, now=self.now(), week=week, product=product
        )

    @property
    def outlets(self) -> Outlets:
        """The configured outlets, as their file says now.

        Raises:
            ConfigError: If it is not usable.
        """
        return load_outlets(self.settings)

    @property
    def inlets(self) -> Inlets:
        """Who may push feedback, as the file says now.

        Raises:
            ConfigError: If it is not usable.
        """
        return load_inlets(self.settings)

    def engine(self) -> Engine:
        """Return the models, loaded at first use and once for the process.

        Raises:
            ArtifactError: If a model is missing or damaged.
        """
        with self._loading:
            if self._engine is None:
                from feedback_nlp.understanding.engine import Engine  # noqa: PLC0415

                self._engine = Engine.load(self.config)
            return self._engine


async def get_services(request: Request) -> Services:
    """Return the services of the application that answers."""
    services: Services = request.app.state.services
    return services


ServicesDep = Annotated[Services, Depends(get_services)]


async def write_slot(request: Request, services: ServicesDep) -> AsyncIterator[None]:
    """Keep changes from filling all threads: reads go on while writes wait for one another.

    A body is read before a slot is taken, so a slow sender keeps nobody out.
    """
    if request.method in ("GET", "HEAD", "OPTIONS"):
        yield
        return
    async with services.write_slots:
        yield
