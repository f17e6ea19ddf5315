"""kill -9 of who writes and who delivers, while messages go out to a sink that counts.

Run by ``make soak`` (``KILLS=200``), and shortly by ``tests/outlets/test_kills.py``::

    python -m tests.soak.outbox --kills 200

A writer stores a cause and what it owes in one transaction, over and over the same causes; a
deliverer sends. Both are killed at random moments and started again. At the end the sink's
counts are compared with the outbox: nothing may be lost, nothing said twice.
"""

from __future__ import annotations

import json
import multiprocessing
import random
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any

from sqlmodel import col, select

from feedback_nlp.jobs.deliver import Deliverer, put_message
from feedback_nlp.outlets.client import Client
from feedback_nlp.outlets.dialects import WECOM
from feedback_nlp.outlets.records import Block, Message, Sender
from feedback_nlp.outlets.robots import RobotSender
from feedback_nlp.outlets.webhook import WebhookSender, message_id_of
from feedback_nlp.store import Database
from feedback_nlp.store.outbox_tables import OutboxRow
from feedback_nlp.store.tables import Setting
from tests.outlets.local_server import Reply, local_server

_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
_LEASE_SECONDS = 1.0
_SPAWN = multiprocessing.get_context("forkserver")
_SPAWN.set_forkserver_preload(["tests.soak.outbox_kills"])  # so that victims live at once


@dataclass(frozen=True, slots=True)
class Counts:
    """What happened.

    Attributes:
        lost: Owed and not received, though nobody says so; causes without what they owe.
        twice: Said twice in a chat, or under two ids to a webhook.
        unsure: Not known whether they arrived, and shown as such.
        repeated: Webhook requests that came again under the same id.
    """

    kills: int
    causes: int
    messages: int
    sent: int
    lost: int
    twice: int
    unsure: int
    repeated: int


@dataclass(frozen=True, slots=True)
class Quick:
    """A sender of the product, without pace and with short pauses."""

    inner: Any

    def __getattr__(self, name: str) -> Any:
        if name == "pace":
            return None
        return (0,) * 50 if name == "pauses" else getattr(self.inner, name)


def senders(port: int) -> dict[str, Sender]:
    client = Client(allow_local={f"127.0.0.1:{port}"}, total_seconds=5)
    address = f"http://127.0.0.1:{port}"
    return {
        "hook": Quick(WebhookSender(client, f"{address}/hook", (_SECRET,))),
        "robot": Quick(RobotSender(client, WECOM, f"{address}/robot")),
    }


def now() -> datetime:
    return datetime.now(UTC)


def write(url: str, port: int, causes: int) -> None:
    """Store each cause with what it owes, from the first that is missing; again and again."""
    database, out = Database(url), senders(port)
    for number in count():
        cause = number % causes
        with database.write() as session:
            if session.get(Setting, f"cause-{cause}") is None:
                session.add(Setting(key=f"cause-{cause}", value={}))
            for name, sender in out.items():
                text = [Block("text", f"cause-{cause}")]
                message = Message("周报", text, data={"cause": cause})
                put_message(
                    session, sender, name, message, key=f"{name}-{cause}", kind="x", now=now()
                )
        time.sleep(0.002)


def deliver(url: str, port: int) -> None:
    database = Database(url)
    out = Deliverer(database, senders(port), now=now, lease_seconds=_LEASE_SECONDS)
    while True:
        out.run()
        time.sleep(0.01)


def run(url: str, kills: int, seed: int = 0) -> Counts:
    """Kill ``kills`` times, let the rest go out, and count."""
    dice, causes = random.Random(seed), 40 + 3 * kills
    database = Database(url)
    database.migrate()
    with local_server() as sink:
        sink.otherwise = Reply(body=b'{"errcode":0}')
        work: dict[str, tuple[Callable[..., None], tuple[Any, ...]]] = {
            "write": (write, (url, sink.port, causes)),
            "deliver": (deliver, (url, sink.port)),
        }
        alive: dict[str, Any] = {}
        for number in range(kills):
            for name, (task, arguments) in work.items():
                if name not in alive:
                    alive[name] = _SPAWN.Process(target=task, args=arguments, daemon=True)
                    alive[name].start()
            if number == 0:
                _wait_for_a_cause(database)  # on a busy machine nobody may be at work yet
            time.sleep(dice.uniform(0.02, 0.4))
            victim = alive.pop("deliver" if dice.random() < 0.75 else "write")
            victim.kill()
            victim.join()
        for process in alive.values():
            process.kill()
            process.join()
        _finish(database, sink.port)
        received = Counter(
            got.headers["webhook-id"]
            if got.path == "/hook"
            else json.loads(got.body)["markdown"]["content"].rpartition("\n")[2]
            for got in sink.received
        )
    counts = _compared(database, received, kills)
    database.dispose()
    return counts


def _wait_for_a_cause(database: Database) -> None:
    for _ in range(600):
        with database.read() as session:
            if session.get(Setting, "cause-0") is not None:
                return
        time.sleep(0.1)
    raise AssertionError("the writer writes nothing")


def _finish(database: Database, port: int) -> None:
    """Deliver what is left, and wait for leases of the dead to run out."""
    out = Deliverer(database, senders(port), now=now, lease_seconds=60)
    for _ in range(1_000):
        out.run(limit=100_000)
        with database.read() as session:
            open_states = col(OutboxRow.state).in_(["pending", "sending"])
            if session.scalars(select(OutboxRow).where(open_states).limit(1)).first() is None:
                return
        time.sleep(0.1)
    raise AssertionError("the outbox does not become empty")


def _compared(database: Database, received: Counter[str], kills: int) -> Counts:
    with database.read() as session:
        rows = list(session.scalars(select(OutboxRow)))
        causes = [
            key.removeprefix("cause-")
            for key in session.scalars(
                select(Setting.key).where(col(Setting.key).startswith("cause-"))
            )
        ]
    lost = twice = repeated = 0
    for row in rows:
        name, _, cause = row.key.partition("-")
        times = received[message_id_of(row.key) if name == "hook" else f"cause-{cause}"]
        lost += row.state not in {"sent", "unknown"} or (row.state == "sent" and times == 0)
        if name == "hook":
            repeated += max(0, times - 1)
        else:
            twice += times > 1
    lost += abs(2 * len(causes) - len(rows))
    twice += len(received) > len(rows)
    return Counts(
        kills=kills,
        causes=len(causes),
        messages=len(rows),
        sent=sum(row.state == "sent" for row in rows),
        lost=lost,
        twice=twice,
        unsure=sum(row.state == "unknown" for row in rows),
        repeated=repeated,
    )
