"""People edit over the API while analyses run and are killed: no edit that was answered is lost.

An analyst process takes in feedback and analyses, again and again, and is killed with SIGKILL
at random moments. Meanwhile topics are renamed, pinned, split and merged, units moved, requests
given owners. At the end each answered edit must stand, each item that was taken in must be
there once, and no topic may have two requests.

    python -m tests.soak.edits --edits 300 --seconds 170 [--database URL]
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import structlog
from sqlmodel import Session, col, func, select
from starlette.testclient import TestClient

from feedback_api import create_app
from feedback_nlp.jobs.analyze import run_analysis
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database, plans
from feedback_nlp.store.edit_marks import heirs
from feedback_nlp.store.tables import FeatureRequest, Feedback, FeedbackUnit, Run, Topic
from tests.benchmarks.hardware import hardware
from tests.fast_reading import fast_config
from tests.soak.databases import fresh_database

ROOT = Path(__file__).parents[2]
ANALYST = """
import random, sys
from datetime import UTC, datetime
from tests.fast_reading import fast_config
from tests.soak.edits import SETTINGS, said, store
from feedback_nlp.jobs.analyze import run_analysis
from feedback_nlp.store import Database
database, first = Database(sys.argv[1]), int(sys.argv[2])
for turn in range(10_000):
    for key in store(database, said(random.Random(first + turn), f"{first}-{turn}", 12)):
        print("stored", key, flush=True)
    run_analysis(
        database, fast_config(), zone=SETTINGS.zone, now=lambda: datetime.now(UTC),
        progress=lambda stage, done, total: print("stage", done, flush=True),
    )
    print("complete", flush=True)
"""
SETTINGS = Settings(database_url="sqlite:///unused.db", secret="不是秘密", worker=False)
_MATTERS = {
    "闪退": ("一点结算就闪退", "打开相册直接崩了", "更新之后老是闪退", "付款页面一进去就闪退"),
    "退款": ("退款三天了还没到账", "申请退款没人处理", "退货的钱一直不退", "退款进度查不到"),
    "验证码": ("验证码一直收不到", "登录短信半天不来", "换手机后收不到验证码"),
    "配送": ("说好半小时送了两小时", "骑手找不到地方也不打电话", "配送费又涨了太贵"),
    "广告": ("开屏广告关不掉", "看个菜谱弹三次广告", "广告太多影响使用"),
    "夜间": ("希望有夜间模式", "晚上太刺眼能不能出深色", "求个护眼的深色界面"),
}


def said(draw: random.Random, prefix: str, number: int) -> list[dict[str, Any]]:
    """Return that many items as the API takes them."""
    items = []
    for place in range(number):
        words = draw.choice(_MATTERS[draw.choice(list(_MATTERS))])
        moment = datetime.now(UTC) - timedelta(days=draw.uniform(0, 40))
        items.append(
            {
                "source_key": f"{prefix}-{place}",
                "text": f"{words}，{draw.choice(('真烦', '第二次了', '快修吧', '已经卸载'))}{draw.randrange(99)}",
                "author": f"用户{draw.randrange(500)}",
                "occurred_at": moment.isoformat(),
            }
        )
    return items


def store(database: Database, items: list[dict[str, Any]]) -> list[str]:
    """Take items in as the API does; return the keys that it acknowledged."""
    settings = SETTINGS.model_copy(
        update={"database_url": database.url.render_as_string(hide_password=False)}
    )
    with TestClient(create_app(settings)) as client:
        body = {"source": {"name": "反馈页", "kind": "in_app"}, "items": items}
        answer = client.post("/v1/feedback", json=body)
        assert answer.status_code == 200, answer.text
    return [item["source_key"] for item in items]


class Analyst:
    """A process that analyses until it is killed."""

    def __init__(self, url: str, number: int) -> None:
        self._errors = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - closed by kill
        self._process = subprocess.Popen(
            [sys.executable, "-c", ANALYST, url, str(number)],
            env={**os.environ, "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'api'}"},
            stdout=subprocess.PIPE,
            stderr=self._errors,
            text=True,
            encoding="utf-8",
        )

        self._told: list[str] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        self._told.extend(iter(self._process.stdout.readline, ""))

    def is_running(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def steps(self) -> int:
        """Return how often it has told of a stage; an analysis has about six."""
        return sum(line.startswith(("stage", "complete")) for line in self._told)

    def kill(self) -> tuple[list[str], int]:
        """Kill it; return the keys that it had stored, and how many analyses it completed."""
        self._process.send_signal(signal.SIGKILL)
        self._reader.join()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
        self._errors.seek(0)
        errors = self._errors.read()
        self._errors.close()
        if self._process.returncode != -signal.SIGKILL:
            raise RuntimeError(f"the analyst failed by itself:\n{errors[-2000:]}")
        words = [line.split() for line in self._told]
        keys = [line[1] for line in words if line[0] == "stored" and len(line) == 2]
        return keys, sum(line[0] == "complete" for line in words)


class Editor:
    """Edits over the API, and remembers what must hold of those that were answered 200."""

    def __init__(self, client: TestClient, database: Database, draw: random.Random) -> None:
        self.client = client
        self.database = database
        self.draw = draw
        self.units: dict[int, int] = {}  # unit → topic it was put into
        self.names: dict[int, str] = {}
        self.pinned: dict[int, bool] = {}
        self.merged: dict[int, int] = {}
        self.owners: dict[str, str] = {}
        self.answers: Counter[str] = Counter()

    def edit(self) -> None:
        """Make one edit of a random kind."""
        with self.database.read() as session:
            living = (col(Topic.state) == "active") & col(Topic.is_theme).is_(False)
            topics = [topic or 0 for topic in session.exec(select(Topic.id).where(living))]
            keys = list(session.exec(select(FeatureRequest.key)))
        kinds = ["move"] * 4 + ["rename"] * 2 + ["pin", "unpin", "owner", "split", "merge"]
        kind = self.draw.choice(kinds)
        if kind == "owner" and keys:
            self._own(self.draw.choice(keys))
        elif len(topics) > 3:
            getattr(self, f"_{kind}", self._move)(*self.draw.sample(topics, 2))

    def _ask(self, topic: int, **body: Any) -> dict[str, Any] | None:
        answer = self.client.post(f"/v1/topics/{topic}/edits", json={"actor": "林晓", **body})
        self.answers[f"{body['action']} {answer.status_code}"] += 1
        return answer.json() if answer.status_code == 200 else None

    def _some(self, topic: int, number: int) -> list[int]:
        inside = select(FeedbackUnit.id).where(col(FeedbackUnit.topic_id) == topic)
        with self.database.read() as session:
            found = [unit or 0 for unit in session.exec(inside)]
        return self.draw.sample(found, min(number, len(found)))

    def _move(self, source: int, target: int) -> None:
        units = self._some(source, 3)
        if units and self._ask(target, action="move", units=units):
            self.units.update(dict.fromkeys(units, target))

    def _rename(self, topic: int, _other: int) -> None:
        name = f"人起的名字{self.draw.randrange(10**6)}"
        if self._ask(topic, action="rename", name=name):
            self.names[topic] = name

    def _pin(self, topic: int, _other: int) -> None:
        if self._ask(topic, action="pin"):
            self.pinned[topic] = True

    def _unpin(self, topic: int, _other: int) -> None:
        if self._ask(topic, action="unpin"):
            self.pinned[topic] = False

    def _split(self, topic: int, _other: int) -> None:
        units, name = self._some(topic, 3), f"拆出来的{self.draw.randrange(10**6)}"
        done = units and self._ask(topic, action="split", units=units, name=name)
        if done:
            self.units.update(dict.fromkeys(units, done["topic_id"]))
            self.names[done["topic_id"]] = name

    def _merge(self, topic: int, other: int) -> None:
        if self.draw.random() < 0.5 and self._ask(topic, action="merge", into=other):
            self.merged[topic] = other

    def _own(self, key: str) -> None:
        owner = f"负责人{self.draw.randrange(10**6)}"
        answer = self.client.patch(f"/v1/requests/{key}", json={"actor": "林晓", "owner": owner})
        self.answers[f"owner {answer.status_code}"] += 1
        if answer.status_code == 200:
            self.owners[key] = owner

    def lost(self, session: Session) -> list[str]:
        """Return in words each answered edit that does not stand."""
        into = heirs(session)
        lost = []
        for unit_id, topic in self.units.items():
            unit = session.get(FeedbackUnit, unit_id)
            if unit is None or unit.topic_id != into.get(topic, topic):
                lost.append(f"unit {unit_id}: {unit and unit.topic_id}, put into {topic}")
            elif unit.assigned_by != "person":
                lost.append(f"unit {unit_id}: not marked as a person's")
        for topic, name in self.names.items():
            if session.get_one(Topic, topic).name != name:
                lost.append(f"topic {topic}: not named {name}")
        for topic, is_pinned in self.pinned.items():
            if session.get_one(Topic, topic).pinned is not is_pinned:
                lost.append(f"topic {topic}: pinned is not {is_pinned}")
        for topic, other in self.merged.items():
            row = session.get_one(Topic, topic)
            if row.merged_into_id != other or row.state != "merged":
                lost.append(f"topic {topic}: not merged into {other}")
        owners = dict(session.exec(select(FeatureRequest.key, FeatureRequest.owner)).all())
        lost += [f"{key}: owner" for key, owner in self.owners.items() if owners.get(key) != owner]
        return lost


def doubled(session: Session, keys: set[str]) -> list[str]:
    """Return in words what is lost or there twice, whatever people edited."""
    found = []
    stored = Counter(session.exec(select(Feedback.source_key)))
    found += [f"item {key}: {stored[key]} times" for key in keys if stored[key] != 1]
    owners = Counter(
        session.exec(
            select(FeatureRequest.topic_id).where(col(FeatureRequest.status) != "duplicate")
        )
    )
    found += [f"topic {topic}: {n} requests" for topic, n in owners.items() if topic and n > 1]
    merged = select(Topic.id).where(col(Topic.state) == "merged")
    stray = session.exec(select(func.count()).where(col(FeedbackUnit.topic_id).in_(merged))).one()
    names = Counter(
        session.exec(
            select(Topic.name).where(
                col(Topic.state) == "active",
                col(Topic.named_by) == "auto",
                col(Topic.is_theme).is_(False),
            )
        )
    )
    found += [f"units of merged topics: {stray}"] * bool(stray)
    found += [f"topic {name}: {n} times" for name, n in names.items() if n > 1]
    return found


def analyse(database: Database) -> None:
    """Analyse what is new, undisturbed."""
    run_analysis(database, fast_config(), zone=SETTINGS.zone, now=lambda: datetime.now(UTC))


def soak(url: str, *, edits: int, seconds: float, seed: int = 11) -> dict[str, Any]:
    """Run the trial on an empty, migrated database; return its figures."""
    draw, database = random.Random(seed), Database(url)
    settings = SETTINGS.model_copy(update={"database_url": url})
    keys = set(store(database, said(draw, "first", 400)))
    analyse(database)
    kills = complete = resumed = 0
    started = time.monotonic()
    end = started + seconds
    with TestClient(create_app(settings)) as client:
        editor = Editor(client, database, draw)
        while time.monotonic() < end and editor.answers.total() < edits:
            analyst = Analyst(url, 1_000 * (kills + 1))
            steps = draw.randrange(1, 12)
            while time.monotonic() < end and analyst.is_running() and analyst.steps() < steps:
                editor.edit()
            time.sleep(draw.uniform(0, 0.4))
            stored, done = analyst.kill()
            keys.update(stored)
            kills, complete = kills + 1, complete + done
            with database.read() as session:
                resumed += plans.is_unfinished(session)
    analyse(database)
    with database.read() as session:
        lost, twice = editor.lost(session), doubled(session, keys)
        runs = Counter(session.exec(select(Run.status)))
    database.dispose()
    return {
        "database": "sqlite" if url.startswith("sqlite") else "postgresql",
        "edits_answered_200": sum(n for what, n in editor.answers.items() if what.endswith(" 200")),
        "answers": dict(sorted(editor.answers.items())),
        "edits_lost": lost,
        "kills": kills,
        "killed_after_deciding": resumed,
        "analyses_completed": complete,
        "runs": dict(runs),
        "items": len(keys),
        "lost_or_doubled": twice,
        "seconds": round(time.monotonic() - started),
        "load_average": round(os.getloadavg()[1], 1),
        "hardware": hardware(),
    }


def main() -> None:
    """Run the trial and print its figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--edits", type=int, default=300)
    parser.add_argument("--seconds", type=float, default=170.0)
    parser.add_argument("--database", help="a PostgreSQL server; a new SQLite file by default")
    parser.add_argument("--seed", type=int, default=11)
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with fresh_database(options.database) as url:
        figures = soak(url, edits=options.edits, seconds=options.seconds, seed=options.seed)
    text = json.dumps(figures, ensure_ascii=False, indent=2) + "\n"
    if options.output:
        options.output.write_text(text, encoding="utf-8")
    sys.stdout.write(text)
    sys.exit(bool(figures["edits_lost"] or figures["lost_or_doubled"]))


if __name__ == "__main__":
    main()
