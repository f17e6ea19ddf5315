"""Pictures of the desk from the demo, at both widths: ``make desk-pictures``."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.desk_browser.conftest import (
    FLAGS,
    NOW,
    OUTLETS,
    WIDTHS,
    answer_everybody,
    find_browser,
    serving,
)

PICTURES = {
    "week": "/",
    "backlog": "/?tab=backlog",
    "feedback": "/feedback?of=people&week=2026-W47&counted=1&topic_id=8",
    "requests": "/requests",
    "board": "/requests?view=board",
    "request": "/requests/REQ-8",
    "released": "/requests/REQ-2#verification",
    "topics": "/topics",
    "topic": "/topics/8",
    "merge": "/topics/merge?topic=13&into=8",
    "alerts": "/alerts",
    "notices": "/notices",
    "notice": "/notices/REQ-2",
    "send": "/week/send",
    "data": "/data",
    "sample": "/data/sample",
}
#: Pages that are shown with the first row opened beside them.
OPENED = {"drawer": "/feedback?of=people&week=2026-W47&counted=1&topic_id=8"}


def main(folder: Path) -> None:
    """Write one PNG a page and width."""
    from playwright.sync_api import sync_playwright

    from feedback_nlp.config import load_config
    from feedback_nlp.jobs.demo import run_demo
    from feedback_nlp.settings import Settings

    browser_path = find_browser()
    if browser_path is None:
        sys.exit("no Chromium: apt-get install chromium, or set DESK_BROWSER")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        database = Path(place) / "demo.db"
        if made := os.environ.get("DESK_DEMO"):
            shutil.copy(made, database)
        else:
            run_demo(Path(place), load_config(None), Settings(secret="演示"), now=lambda: NOW)
        answer_everybody(database)
        outlets = Path(place) / "outlets.toml"
        outlets.write_text(OUTLETS, encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
        with serving(database, outlets) as address:
            for width_name, (width, height) in WIDTHS.items():
                context = browser.new_context(
                    viewport={"width": width, "height": height}, base_url=address, locale="zh-CN"
                )
                context.add_cookies(
                    [{"name": "feedback_actor", "value": "%E6%9E%97%E6%99%93", "url": address}]
                )
                _draw(context.new_page(), folder, width_name)
                context.close()
        browser.close()


def _draw(page: Any, folder: Path, width_name: str) -> None:
    for name, path in PICTURES.items():
        page.goto(path)
        page.screenshot(path=folder / f"{name}-{width_name}.png")
    for name, path in OPENED.items():
        page.goto(path)
        page.locator("[data-open]").first.click()
        page.locator(".drawer.open .whole").wait_for()
        page.screenshot(path=folder / f"{name}-{width_name}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/desk"))
