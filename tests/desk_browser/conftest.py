"""A served demo and a browser; without a browser these tests say so and are skipped.

``DESK_BROWSER`` names a Chromium, else one of Debian's places is used. With ``CI`` set,
a missing browser fails. With ``TEST_DATABASE_URL`` the demo lies on PostgreSQL.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from feedback_api import create_app
from feedback_nlp.settings import Settings
from tests.desk_demo import NOW, demos, propose_one_matter

WIDTHS = {"wide": (1280, 900), "phone": (390, 844)}
FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]


#: An outlet that answers people, and one that tells a team.
OUTLETS = """
[outlets."回访"]
channel = "webhook"
url = "https://example.com/hook"
secrets = ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"]
[outlets."产品群"]
channel = "feishu"
url = "https://example.com/robot"
"""


def find_browser() -> str | None:
    """Return the path of a Chromium."""
    named = os.environ.get("DESK_BROWSER")
    return named or shutil.which("chromium") or shutil.which("chromium-browser")


def give_up(reason: str) -> None:
    """Skip, or fail where a browser was promised."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason, allow_module_level=True)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """A running browser."""
    try:
        from playwright.sync_api import sync_playwright
    except ModuleNotFoundError:
        give_up("playwright is not installed: make test-desk")
        return
    path = find_browser()
    if path is None:
        give_up("no Chromium: apt-get install chromium, or set DESK_BROWSER")
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def copied_demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], str]]:
    """A function that copies the analysed demo and returns the copy's URL."""
    yield from demos(tmp_path_factory.mktemp("demo"))


@pytest.fixture
def demo(copied_demo: Callable[[], str]) -> str:
    """The URL of a demo of the test's own, with one proposal to merge."""
    url = copied_demo()
    propose_one_matter(url)
    return url


@pytest.fixture
def served(demo: str) -> Iterator[str]:
    """The address of a desk on a copy of the demo."""
    with serving(demo) as address:
        yield address


class serving:  # noqa: N801 - reads as a statement
    """Serves a database from a thread while the block runs."""

    def __init__(self, url: str, outlets: Path | None = None, allow: str = "") -> None:
        settings = Settings(
            database_url=url,
            secret="演示",
            outlets=outlets,
            outgoing_allow=allow,
        )
        app = create_app(settings, now=lambda: NOW)
        self.server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="error"))
        self.thread = threading.Thread(target=self.server.run, daemon=True)

    def __enter__(self) -> str:
        self.thread.start()
        while not self.server.started:
            if not self.thread.is_alive():
                raise RuntimeError("the desk did not start")
            time.sleep(0.02)
        port = self.server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}"

    def __exit__(self, *_: object) -> None:
        self.server.should_exit = True
        self.thread.join(10)


@pytest.fixture(params=list(WIDTHS))
def page(request: pytest.FixtureRequest, chromium: Any, served: str) -> Iterator[Any]:
    """A page at one of the widths, signed as 林晓, that fails on any script error."""
    width, height = WIDTHS[request.param]
    context = chromium.new_context(
        viewport={"width": width, "height": height}, base_url=served, locale="zh-CN"
    )
    context.add_cookies([{"name": "feedback_actor", "value": "%E6%9E%97%E6%99%93", "url": served}])
    shown = context.new_page()
    errors: list[str] = []
    shown.on("pageerror", lambda error: errors.append(str(error)))
    shown.on("console", lambda line: errors.append(line.text) if _is_ours(line) else None)
    yield shown
    context.close()
    assert errors == []


def _is_ours(line: Any) -> bool:
    """Tell an error of a script or the policy from the browser's note that a page answered 422."""
    return line.type == "error" and "status of 422" not in line.text
