"""Pictures of the desk from the demo, at both widths: ``make desk-pictures``."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from tests.desk_browser.conftest import FLAGS, NOW, WIDTHS, find_browser, serving

PICTURES = {
    "week": "/",
    "backlog": "/?tab=backlog",
    "feedback": "/feedback?of=people&week=2026-W47&counted=1&topic_id=8",
    "requests": "/requests",
    "request": "/requests/REQ-8",
    "topics": "/topics",
    "data": "/data",
}


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
        run_demo(Path(place), load_config(None), Settings(secret="演示"), now=lambda: NOW, seed=42)
        browser = playwright.chromium.launch(executable_path=browser_path, args=FLAGS)
        with serving(Path(place) / "demo.db") as address:
            for width_name, (width, height) in WIDTHS.items():
                context = browser.new_context(
                    viewport={"width": width, "height": height}, base_url=address, locale="zh-CN"
                )
                context.add_cookies(
                    [{"name": "feedback_actor", "value": "%E6%9E%97%E6%99%93", "url": address}]
                )
                page = context.new_page()
                for name, path in PICTURES.items():
                    page.goto(path)
                    page.screenshot(path=folder / f"{name}-{width_name}.png")
                context.close()
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/desk"))
