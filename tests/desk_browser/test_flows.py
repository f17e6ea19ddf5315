"""What ops does on a Monday, walked in a browser at 1280 and 390 px: ``make test-desk``."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.browser


def told(page: Any) -> str:
    text: str = page.locator(".toast").inner_text()
    return text


def test_find_the_crash_and_open_its_rows(page: Any) -> None:
    page.goto("/")
    card = page.locator(".card", has_text="App 闪退").first
    number = card.locator(".big .n").last
    people = number.inner_text()
    number.click()
    assert page.locator("#count b").inner_text() == people
    page.locator("[data-open]").first.click()
    page.locator(".drawer.open .whole").wait_for()
    page.keyboard.press("Escape")
    assert page.locator(".drawer.open").count() == 0


def test_the_same_without_scripts(chromium: Any, served: str) -> None:
    context = chromium.new_context(base_url=served, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.locator(".card").first.locator(".big .n").last.click()
    page.locator("[data-open]").first.click()
    assert page.locator("#one .whole").count() == 1
    page.locator("summary", has_text="改主题").first.click()
    page.locator('form[action$="/topic"] input[name="actor"]').first.fill("林晓")
    page.locator('form[action$="/topic"] select').first.select_option(index=3)
    page.locator('form[action$="/topic"] button').first.click()
    assert "改到主题" in told(page)
    page.get_by_role("button", name="撤销").click()
    assert "撤销了" in told(page)
    context.close()


def test_move_a_request_to_planned_with_a_reason(page: Any) -> None:
    page.goto("/requests/REQ-8")
    page.select_option('select[name="to"]', "planned")
    page.fill('input[name="reason"]', "排进 5.4 版")
    page.get_by_role("button", name="改状态").click()
    assert "已排期" in told(page)
    assert "排进 5.4 版" in page.locator(".history").inner_text()


def test_merge_two_topics_and_see_one_request(page: Any) -> None:
    page.goto("/topics/13")
    name = page.locator("h1").inner_text()
    into = page.locator('select[name="into"] option', has_text=re.compile("^App 闪退$"))
    page.select_option('select[name="into"]', into.get_attribute("value"))
    page.get_by_role("button", name="先看看").click()
    assert "去重一共" in page.locator("main").inner_text()
    page.get_by_role("button", name="并入", exact=True).click()
    assert "并入了“App 闪退”" in told(page)
    page.goto("/requests")
    assert page.locator("a.name", has_text=re.compile(f"^{re.escape(name)}$")).count() == 0


def test_upload_a_file_with_an_unknown_column_and_map_it(page: Any, tmp_path: Path) -> None:
    file = tmp_path / "导出.csv"
    file.write_text("甲,乙\n1,2\n3,4\n", encoding="utf-8")
    page.goto("/data")
    page.set_input_files('input[type="file"]', file)
    page.fill('input[name="source"]', "官网反馈")
    page.get_by_role("button", name="先看看怎么读").click()
    assert "哪一列是正文" in page.locator(".banner").inner_text()
    page.locator('select[name="field"]').first.select_option("text")
    page.get_by_role("button", name="再看一次").click()
    page.get_by_role("button", name="导入并分析").click()
    assert "收下 2 条" in told(page)


def test_mark_an_alert(page: Any) -> None:
    page.goto("/alerts")
    page.get_by_role("button", name="有用").first.click()
    assert "记下了：有用" in told(page)
    assert page.locator('button[aria-pressed="true"]', has_text="有用").count() == 1


def test_reweigh_while_the_slider_moves_and_save(page: Any) -> None:
    page.goto("/requests")
    page.locator("summary", has_text="换一组权重").click()
    slider = page.locator("#w_people")
    slider.focus()
    page.keyboard.press("End")
    page.locator("#ranking .banner", has_text="试排").wait_for()
    page.fill('input[name="name"]', "只看人数")
    page.get_by_role("button", name="存", exact=True).first.click()
    assert "只看人数" in told(page)
    assert page.locator("#w_people").input_value() == "100"


def test_keyboard(page: Any) -> None:
    page.goto("/feedback?week=2026-W47")
    for key in "jjk":
        page.keyboard.press(key)
    assert page.locator("[data-row].at").count() == 1
    page.keyboard.press("e")
    page.locator(".drawer.open").wait_for()
    page.keyboard.press("m")
    assert page.locator('.drawer details[data-edit="topic"][open]').count() == 1
    page.keyboard.press("Escape")
    page.locator(".drawer.open").wait_for(state="hidden")
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "q"
