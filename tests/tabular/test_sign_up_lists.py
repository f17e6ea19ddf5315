"""Lists that go round a group: names are authors, never part of what was said."""

from __future__ import annotations

from pathlib import Path

from feedback_nlp.records import Rejection
from feedback_nlp.tabular.rows import Row
from feedback_nlp.tabular.table import open_table


def read(folder: Path, text: str) -> tuple[list[dict[str, object]], list[Rejection]]:
    path = folder / "group.txt"
    path.write_text(text, encoding="utf-8")
    with open_table(path) as table:
        found = list(table.rows)
    rows = [dict(row.values) for row in found if isinstance(row, Row)]
    return rows, [row for row in found if isinstance(row, Rejection)]


def test_house_and_name_are_the_author_and_the_rest_is_said(tmp_path: Path) -> None:
    rows, aside = read(
        tmp_path,
        "#接龙\n周五面包团反馈\n例 房号+名字 说明\n\n"
        "1. 2栋-小满妈 吐司有一股酸味\n2. 6栋803 阿树 送到时已经压扁了\n这周第二回了\n"
        "3. 老周\n4. 贝果很香，下周还订\n5、三（2）班-果果爸 牛角包比图上小一圈\n",
    )
    assert [row["正文"] for row in rows] == [
        "吐司有一股酸味",
        "送到时已经压扁了\n这周第二回了",
        "贝果很香，下周还订",
        "牛角包比图上小一圈",
    ]
    assert [row["接龙人"] for row in rows] == ["2栋-小满妈", "6栋803 阿树", "", "三（2）班-果果爸"]
    assert [one.reason for one in aside] == ["not-feedback"] * 4
    assert "只接了名字" in aside[-1].detail


def test_a_numbered_list_without_the_title_is_none(tmp_path: Path) -> None:
    rows, _ = read(tmp_path, "1. 太慢 退货退了一周\n2. 包装 很好看\n3. 客服 没人回\n")
    assert all("接龙人" not in row for row in rows)
