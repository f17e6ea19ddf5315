"""Posts laid out as the files that real tools export, broken rows included.

Source: the layouts named in ``corpora/ingest/``.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from feedback_nlp.demo.manifest import DemoFile
from feedback_nlp.demo.posts import Post
from feedback_nlp.tabular import write_rows

Row = Mapping[str, Any]
_Line = tuple[Post | None, Row, str]  # the post it stands for, the row, why it is refused


@dataclass(frozen=True, slots=True)
class LaidOut:
    """A written file, and for each readable row its line and its post."""

    file: DemoFile
    truth: Sequence[tuple[int, Post]]


def lay_out(posts: Sequence[Post], folder: Path, product: str, repeats: int) -> list[LaidOut]:
    """Write one file a channel into ``folder``.

    Args:
        posts: All posts in order of time.
        folder: Where to; must exist.
        product: Name of the app.
        repeats: Rows to write twice in files whose rows carry a key.
    """
    by_channel: dict[str, list[Post]] = {}
    for post in posts:
        by_channel.setdefault(post.channel, []).append(post)
    writers: dict[str, Callable[[list[Post]], LaidOut]] = {
        "survey": lambda mine: _survey(mine, folder, repeats),
        "in_app": lambda mine: _in_app(mine, folder, product, repeats),
        "social": lambda mine: _social(mine, folder, repeats),
        "app_store": lambda mine: _app_store(mine, folder),
        "android_store": lambda mine: _android_store(mine, folder),
    }
    return [write(by_channel.get(channel, [])) for channel, write in writers.items()]


def _survey(posts: Sequence[Post], folder: Path, repeats: int) -> LaidOut:
    random = Random(len(posts))  # noqa: S311
    question = "7、您对我们还有哪些意见或建议？"

    def row(number: int, post: Post) -> dict[str, Any]:
        person = post.person
        return {
            "序号": str(number),
            "提交答卷时间": f"{post.at:%Y}/{post.at.month}/{post.at.day} {post.at:%H:%M:%S}",
            "所用时间": f"{random.randrange(35, 400)}秒",
            "来源": random.choice(("微信", "手机提交", "链接")),
            "来源详情": "N/A",
            "来自IP": f"203.0.113.{random.randrange(1, 255)}({person.region}-{person.city})",
            "uid": person.handle("survey"),
            "1、您的年龄段：": random.choice(("18-25岁", "26-35岁", "36-50岁", "51岁以上")),
            "2、您多久用一次？": random.choice(("每天", "每周两三次", "每周一次", "偶尔")),
            "3、您常买哪些？（多选）": "┋".join(
                sorted(random.sample(["蔬菜", "水果", "肉蛋", "水产", "乳品", "熟食"], 2))
            ),
            "4、您的手机：": person.phone,
            "5、总体满意度（1-5分）": str(post.stars),
            "6、您有多大可能向朋友推荐我们？（0-10分）": str(
                min(10, max(0, round(2.4 * post.stars - 2 + random.gauss(0, 1.2))))
            ),
            question: post.text,
        }

    lines: list[_Line] = [(post, row(number, post), "") for number, post in enumerate(posts, 1)]
    blank: list[_Line] = [
        (None, {**row(len(posts) + 1 + index, posts[index]), question: answer}, "blank-text")
        for index, answer in enumerate(("", "(跳过)", "", "  ", "(跳过)"))
        if index < len(posts)
    ]
    lines = _with_repeats([*lines, *blank], repeats)
    write_rows(folder / "survey.xlsx", list(lines[0][1]), [line[1] for line in lines])
    return _laid_out(lines, "survey.xlsx", "用户问卷", "survey", "问卷星导出", "binary")


def _in_app(posts: Sequence[Post], folder: Path, product: str, repeats: int) -> LaidOut:
    def event(number: int, post: Post, **changes: Any) -> dict[str, Any]:
        at = f"{post.at:%Y-%m-%dT%H:%M:%S}+08:00"
        body = {
            "id": str(700_000 + number),
            "openid": post.person.handle("in_app"),
            "nick_name": post.person.name,
            "content": post.text,
            "images": [],
            "is_admin": False,
            "custom_info": {
                "app_version": post.version,
                "device": post.person.phone,
                "region": post.person.region,
                "product": product,
                "segment": "会员" if post.person.is_member else "普通用户",
            },
            "created_at": at,
            "updated_at": at,
            **changes,
        }
        return {
            "id": f"E{number:06d}",
            "type": "post.created",
            "payload": {"post": body},
            "created_at": at,
        }

    lines: list[_Line] = [(post, event(number, post), "") for number, post in enumerate(posts)]
    lines = _with_repeats(lines, repeats)
    if posts:
        number = len(posts)
        thanks = "感谢反馈，我们已经记录，会尽快跟进"
        lines += [
            (None, event(number + index, posts[-1], is_admin=True, content=thanks), "admin-post")
            for index in range(3)
        ]
        lines += [
            (None, event(number + index, posts[-1], content=" "), "blank-text")
            for index in range(3, 5)
        ]
        lines.append((None, {**event(number, posts[-1]), "type": "webhook.test"}, "not-feedback"))
    texts = [json.dumps(row, ensure_ascii=False) for _, row, _ in lines]
    for position in (len(texts) // 3, len(texts) // 2):
        broken = texts[position][: len(texts[position]) // 2]
        texts.insert(position, broken)
        lines.insert(position, (None, {}, "bad-json"))
    (folder / "in_app.jsonl").write_text("\n".join(texts) + "\n", encoding="utf-8")
    return _laid_out(
        lines, "in_app.jsonl", "应用内反馈", "in_app", "兔小巢推送", "utf-8", header_lines=0
    )


def _social(posts: Sequence[Post], folder: Path, repeats: int) -> LaidOut:
    random = Random(len(posts))  # noqa: S311

    def row(number: int, post: Post) -> dict[str, Any]:
        key = 5_190_000_000_000_000 + number * 7_919
        return {
            "id": str(key),
            "bid": f"P{key:x}",
            "user_id": post.person.handle("social"),
            "用户昵称": post.person.name,
            "微博正文": post.text,
            "头条文章url": "",
            "发布位置": "",
            "艾特用户": "",
            "话题": "",
            "转发数": str(int(random.expovariate(0.5))),
            "评论数": str(int(random.expovariate(0.4))),
            "点赞数": str(int(random.expovariate(0.2))),
            "发布时间": f"{post.at:%Y-%m-%d %H:%M}",
            "发布工具": post.person.phone,
            "微博图片url": "",
            "微博视频url": "",
            "retweet_id": "",
            "ip": f"{post.person.region}",
            "user_authentication": "普通用户",
            "会员类型": "",
            "会员等级": "0",
        }

    lines: list[_Line] = [(post, row(number, post), "") for number, post in enumerate(posts)]
    lines += [
        (None, {**row(len(posts) + index, post), "微博正文": ""}, "blank-text")
        for index, post in enumerate(posts[:3])
    ]
    lines = _with_repeats(lines, repeats)
    _write_csv(folder / "social.csv", [line[1] for line in lines], "utf-8-sig")
    return _laid_out(lines, "social.csv", "微博", "social", "微博搜索（weibo-search）", "utf-8-sig")


def _app_store(posts: Sequence[Post], folder: Path) -> LaidOut:
    words = ("一星", "二星", "三星", "四星", "五星")

    def row(number: int, post: Post) -> dict[str, Any]:
        return {
            "评分": words[post.stars - 1] if number % 50 == 0 else str(post.stars),
            "标题": "",
            "内容": post.text,
            "版本": post.version,
            "时间": f"{post.at:%Y-%m-%d %H:%M:%S}",
            "用户": post.person.handle("app_store"),
        }

    lines: list[_Line] = [(post, row(number, post), "") for number, post in enumerate(posts)]
    lines += [(None, {**row(1, post), "内容": ""}, "blank-text") for post in posts[:4]]
    _write_csv(folder / "app_store.csv", [line[1] for line in lines], "utf-8-sig")
    return _laid_out(lines, "app_store.csv", "App Store", "app_store", "App Store", "utf-8-sig")


def _android_store(posts: Sequence[Post], folder: Path) -> LaidOut:
    def row(post: Post) -> dict[str, Any]:
        return {
            "星级": f"{post.stars}星",
            "评论内容": post.text,
            "版本": post.version,
            "机型": post.person.phone,
            "地区": post.person.region,
            "发表时间": f"{post.at.year}年{post.at.month}月{post.at.day}日 {post.at:%H:%M}",
            "作者": post.person.handle("android_store"),
        }

    lines: list[_Line] = [(post, row(post), "") for post in posts]
    lines += [(None, {**row(post), "评论内容": " "}, "blank-text") for post in posts[:3]]
    _write_csv(folder / "android_store.csv", [line[1] for line in lines], "gb18030")
    return _laid_out(
        lines, "android_store.csv", "安卓应用市场", "app_store", "应用市场导出", "gb18030"
    )


def _with_repeats(lines: list[_Line], repeats: int) -> list[_Line]:
    """Write some good rows a second time, further down."""
    good = [line for line in lines if not line[2]]
    step = max(1, len(good) // max(1, repeats))
    again: list[_Line] = [(None, row, "repeated") for _, row, _ in good[::step][:repeats]]
    return [*lines, *again]


def _write_csv(path: Path, rows: Sequence[Row], encoding: str) -> None:
    with path.open("w", encoding=encoding, newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]) if rows else [])
        writer.writeheader()
        writer.writerows(rows)


def _laid_out(
    lines: Iterable[_Line],
    path: str,
    source: str,
    kind: str,
    layout: str,
    encoding: str,
    *,
    header_lines: int = 1,
) -> LaidOut:
    numbered = list(enumerate(lines, header_lines + 1))
    reasons = Counter(reason for _, (_, _, reason) in numbered if reason)
    duplicate = reasons.pop("repeated", 0)
    truth = [(number, post) for number, (post, _, _) in numbered if post is not None]
    file = DemoFile(
        path=path,
        source=source,
        kind=kind,
        layout=layout,
        encoding=encoding,
        rows=len(numbered),
        accepted=len(truth),
        duplicate=duplicate,
        rejected=sum(reasons.values()),
        reasons=dict(reasons),
    )
    return LaidOut(file, truth)
