"""kill -9 of the service and of its worker while notices and digests go out, at a sink that counts.

A team promises and releases requests over HTTP, sends their notices (twice: people click twice)
and the digests of three weeks, and repeats each call until it is answered. The service and the
worker are killed at random moments and started again. At the end the sink is compared with who
had to be told: nobody may be forgotten, nobody told twice.

    python -m tests.soak.notices --kills 200 [--database URL] [-o docs/benchmarks/soak_notices.json]

A webhook is sent again under its key when its answer was cut off: the sink counts by key, as
receivers do, and the figures tell how often that was. A robot knows no keys: there a message is
said once, or shown as 不确定是否送达.
"""

from __future__ import annotations

import json
import logging
import multiprocessing
import random
import socket
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any

import structlog
from sqlmodel import col, select

from feedback_api import create_app
from feedback_api.server import listen
from feedback_api.server import run as serve
from feedback_nlp.config import load_config
from feedback_nlp.jobs import (  # noqa: F401 - victims live at once
    analyze,
    digest,
    send_digest,
    verify,
)
from feedback_nlp.jobs.deliver import Deliverer
from feedback_nlp.jobs.delivering import CAUSES
from feedback_nlp.jobs.outlets import load_outlets
from feedback_nlp.outlets.records import OutboxState
from feedback_nlp.requests.notice_words import set_route
from feedback_nlp.requests.sync import sync_requests
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database
from feedback_nlp.store.outbox_tables import OutboxRow
from feedback_nlp.store.tables import FeatureRequest, Notice
from feedback_nlp.worker import handlers, loop
from feedback_nlp.worker.loop import Worker
from feedback_nlp.worker.workplace import Workplace
from tests.outlets.local_server import Reply, Sink, local_server
from tests.soak.outbox_kills import Quick
from tests.week.six_weeks import NOW, WEEK, ZONE, Builder

_OUTLETS = """
[outlets.reply]
channel = "webhook"
url = "http://127.0.0.1:{port}/hook"
secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
[outlets.team]
channel = "wecom"
url = "http://127.0.0.1:{port}/robot"
"""
_PRODUCTS = ("云笔记", "小岛日历")
_WEEKS = 6
_DIGEST_WEEKS = 3
_PEOPLE = 6
_SIGN_SECONDS = 4.0
_SPAWN = multiprocessing.get_context("forkserver")
_SPAWN.set_forkserver_preload(["tests.soak.notice_kills"])


def settings_of(url: str, outlets: str, port: int) -> Settings:
    return Settings(
        database_url=url,
        secret="不是秘密",
        worker=False,
        outlets=Path(outlets),
        outgoing_allow=f"127.0.0.1:{port}",
        digest_at="",
        guest_rate_per_minute=10**6,
    )


def quiet() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


def serve_api(url: str, outlets: str, sink: int, port: int) -> None:
    """The service, until it is killed."""
    quiet()
    serve(create_app(settings_of(url, outlets, sink)), listen("127.0.0.1", port), lambda: None)


def work(url: str, outlets: str, sink: int) -> None:
    """The worker, in a hurry, until it is killed."""
    quiet()
    settings = settings_of(url, outlets, sink)
    senders = {name: Quick(sender) for name, sender in load_outlets(settings).senders.items()}
    loop._PLAN_SECONDS, loop._IDLE_SECONDS = 0.02, 0.02

    def deliver(place: Workplace, _payload: Any, _beat: Any) -> dict[str, int]:
        return dict(
            Deliverer(place.database, senders, now=place.now, causes=CAUSES, lease_seconds=1.0).run(
                limit=20
            )
        )

    place = Workplace(Database(url), settings, load_config())
    Worker(
        place,
        handlers={**handlers.HANDLERS, handlers.DELIVER: deliver},
        lease=timedelta(seconds=1),
    ).run()


def fill(url: str, requests: int) -> list[str]:
    """Write requests that people of two products asked for; return their keys."""
    database = Database(url)
    with database.write() as session:
        build = Builder(session)
        build.flushes = False
        for number in range(requests):
            for person in range(_PEOPLE):
                build.say(
                    f"第 {number} 件事不好用",
                    weeks_ago=person % _WEEKS,
                    topic=f"第 {number} 件事",
                    author=f"author-{number}-{person}",
                    product=_PRODUCTS[number % 2],
                )
        session.flush()
        sync_requests(session, load_config().rank, zone=ZONE, now=NOW)
        set_route(session, "反馈页", "reply")
        keys = list(session.scalars(select(FeatureRequest.key).order_by(col(FeatureRequest.id))))
    database.dispose()
    return keys


def calls(keys: list[str], draw: random.Random) -> list[tuple[str, dict[str, Any]]]:
    """Return what the team does, in an order in which each request is promised first."""
    steps: list[tuple[str, dict[str, Any]]] = []
    waiting: list[list[tuple[str, dict[str, Any]]]] = [
        [
            (f"/v1/requests/{key}/transitions", {"to": "planned", "actor": "林晓"}),
            (f"/v1/requests/{key}/notices/send", {}),
            (f"/v1/requests/{key}/notices/send", {}),
            (f"/v1/requests/{key}/transitions", {"to": "released", "actor": "林晓"}),
            (f"/v1/requests/{key}/notices/send", {}),
        ]
        for key in keys
    ]
    for back in range(_DIGEST_WEEKS):
        for product in _PRODUCTS:
            wish: dict[str, Any] = {"to": ["team", "reply"], "product": product}
            waiting.append([(f"/v1/digests/{WEEK.shift(-back)}/send", wish)] * 2)
    while waiting:
        one = draw.choice(waiting)
        steps.append(one.pop(0))
        waiting = [left for left in waiting if left]
    return steps


def ask(port: int, path: str, body: dict[str, Any]) -> int | None:
    """POST once; ``None`` if the service is not there, or died before it answered."""
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        with connection.getresponse() as response:
            response.read()
            return response.status
    except (OSError, HTTPException):
        return None
    finally:
        connection.close()


class Stage:
    """The service and the worker: one of them is killed every now and then."""

    def __init__(self, url: str, outlets: str, sink: Sink, draw: random.Random) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._tasks: dict[str, tuple[Callable[..., None], tuple[Any, ...]]] = {
            "api": (serve_api, (url, outlets, sink.port, self.port)),
            "worker": (work, (url, outlets, sink.port)),
        }
        self._alive: dict[str, Any] = {}
        self._draw = draw
        self.kills: Counter[str] = Counter()

    def start(self) -> None:
        for name, (task, arguments) in self._tasks.items():
            if name not in self._alive:
                self._alive[name] = _SPAWN.Process(target=task, args=arguments, daemon=True)
                self._alive[name].start()

    def kill(self) -> None:
        name = "worker" if self._draw.random() < 0.6 else "api"
        self._end(name)
        self.kills[name] += 1

    def close(self) -> None:
        for name in list(self._alive):
            self._end(name)

    def _end(self, name: str) -> None:
        victim = self._alive.pop(name)
        victim.kill()
        victim.join()


def soak(url: str, *, kills: int, seed: int = 0, limit_seconds: float = 3_000) -> dict[str, Any]:
    """Run the trial on an empty, migrated database; return its figures."""
    draw, end = random.Random(seed), time.monotonic() + limit_seconds
    keys = fill(url, max(6, kills // 10))
    steps = calls(keys, draw)
    done, planned_calls = 0, len(steps)
    with local_server() as sink, tempfile.TemporaryDirectory() as folder:
        sink.otherwise = Reply(body=b'{"errcode":0}')
        outlets = Path(folder) / "outlets.toml"
        outlets.write_text(_OUTLETS.format(port=sink.port), encoding="utf-8")
        stage = Stage(url, str(outlets), sink, draw)
        try:
            while (steps or stage.kills.total() < kills) and time.monotonic() < end:
                stage.start()
                began, heard = time.monotonic(), len(sink.received)
                pause, answered = draw.uniform(0.05, 0.8), 0
                # who is killed before it did anything proves little: wait for a sign of life
                while time.monotonic() < began + pause or (
                    not answered
                    and len(sink.received) == heard
                    and time.monotonic() < began + _SIGN_SECONDS
                ):
                    if steps and done * kills <= planned_calls * (stage.kills.total() + 1):
                        answer = ask(stage.port, *steps[0])
                        if answer is not None and answer not in {200, 201}:
                            raise AssertionError(f"{steps[0]}: {answer}")
                        if answer is not None:
                            steps.pop(0)
                            done, answered = done + 1, answered + 1
                            continue
                    time.sleep(0.02)
                if stage.kills.total() < kills:
                    stage.kill()
            stage.start()
            database = Database(url)
            _wait_until_empty(database, end + 120)
        finally:
            stage.close()
        figures = _compared(database, sink)
        database.dispose()
    return {
        "database": "sqlite" if url.startswith("sqlite") else "postgresql",
        "kills": dict(stage.kills),
        "calls_answered": done,
        "calls_left": len(steps),
        **figures,
    }


def _wait_until_empty(database: Database, end: float) -> None:
    """Let the worker send what is left, and wait for leases of the dead."""
    waits = [OutboxState.PENDING.value, OutboxState.SENDING.value]
    while time.monotonic() < end:
        with database.read() as session:
            open_rows = select(OutboxRow.id).where(col(OutboxRow.state).in_(waits)).limit(1)
            if session.exec(open_rows).first() is None:
                return
        time.sleep(0.1)
    raise AssertionError("the outbox does not become empty")


def _said(sink: Sink) -> Iterator[tuple[str, str]]:
    """Yield for each request that came what it says, and the key a receiver knows it by."""
    for got in sink.received:
        body = json.loads(got.body)
        if got.path == "/robot":
            yield f"robot {body['markdown']['content']}", ""
            continue
        data = body["data"]
        if body["type"].startswith("notice."):
            what = f"{data['request']} {data['feedback']['source_key']} {data['status']}"
        else:
            what = f"digest {body['type']} {data.get('week')} {data.get('product')}"
        yield what, got.headers["webhook-id"]


def _compared(database: Database, sink: Sink) -> dict[str, Any]:
    """Compare what arrived with what the team wanted to have said."""
    keys_of: dict[str, set[str]] = defaultdict(set)
    times: Counter[str] = Counter()
    for what, key in _said(sink):
        keys_of[what].add(key)
        times[what] += 1
    with database.read() as session:
        rows = list(session.scalars(select(OutboxRow)))
        named = select(Notice, col(FeatureRequest.key)).join(
            FeatureRequest, col(FeatureRequest.id) == col(Notice.request_id)
        )
        notices = [(notice, key) for notice, key in session.execute(named)]
    lost, overtaken = [], 0
    for notice, key in notices:
        what = f"{key} {notice.feedback_id} {notice.reporter_status}"
        if notice.status == "sent":
            lost += [what] * (not times[what])
        elif notice.status == "superseded" and notice.reporter_status == "planned":
            overtaken += 1
        else:
            lost.append(f"{what}: {notice.status}")
    shipped = sum(notice.reporter_status == "shipped" for notice, _ in notices)
    digests = [row for row in rows if row.kind == "digest"]
    ended = {"sent", "unknown"}
    lost += [f"digest {row.key}: {row.state}" for row in digests if row.state not in ended]
    arrived = sum(what.startswith(("robot", "digest")) for what in times)
    sent_digests = sum(row.state == "sent" for row in digests)
    lost += ["a digest that did not arrive"] * max(0, sent_digests - arrived)
    twice = [what for what, keys in keys_of.items() if len(keys) > 1]
    twice += [what for what, n in times.items() if what.startswith("robot") and n > 1]
    return {
        "people_told_of_the_release": shipped,
        "notices": dict(Counter(notice.status for notice, _ in notices)),
        "digest_parts": len(digests),
        "messages_received": len(times),
        "requests_received": sum(times.values()),
        "repeated_under_the_same_key": sum(times.values()) - len(times),
        "overtaken_before_they_left": overtaken,
        "unsure_and_shown": sum(row.state == "unknown" for row in rows),
        "lost": lost,
        "twice": twice,
    }
