from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import pytest

from feedback_nlp.config import TopicsConfig, load_config
from feedback_nlp.labels import Intent
from feedback_nlp.topics import TopicUnit
from feedback_nlp.topics.metric import TopicMetric, metric_from_seeds
from feedback_nlp.topics.seeds import read_seed_issues

DIMENSIONS = 96


def embed(texts: Sequence[str]) -> np.ndarray:
    """Random direction a character pair, summed: like texts lie near, and no model is needed."""
    rows = np.zeros((len(texts), DIMENSIONS), np.float32)
    for row, text in enumerate(texts):
        for i in range(len(text)):
            for gram in (text[i], text[i : i + 2]):
                digest = hashlib.blake2b(gram.encode(), digest_size=4).digest()
                generator = np.random.default_rng(int.from_bytes(digest))
                rows[row] += generator.standard_normal(DIMENSIONS).astype(np.float32)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return rows / np.maximum(lengths, 1e-9)


PROBLEMS = {
    "地暖": (
        "地暖打不开",
        "家里的地暖一直打不开",
        "地暖怎么都打不开",
        "新买的地暖打不开",
        "地暖又打不开了",
    ),
    "钢琴": (
        "钢琴课约不上",
        "钢琴课总是约不上",
        "周末的钢琴课约不上",
        "钢琴课从来约不上",
        "又约不上钢琴课",
    ),
}
CRASHES = ("一打开就闪退", "老是闪退", "更新以后闪退", "点首页就闪退", "闪退得厉害")
VENTS = ("垃圾软件", "太差了", "真垃圾", "垃圾", "什么破玩意")
PRAISES = ("物流很快", "质量很好", "客服热情", "喜欢", "快递给力")
FILLER = ("", "啊", "！", "，唉", "……", "，求解决", "呢", "，急", "，谢谢", "，快点")


@pytest.fixture(scope="session")
def metric() -> TopicMetric:
    return metric_from_seeds(read_seed_issues(), embed, embedder="pairs")


@pytest.fixture(scope="session")
def config() -> TopicsConfig:
    return load_config().topics


@pytest.fixture(scope="session")
def units() -> list[TopicUnit]:
    said = [(text, Intent.BUG) for texts in PROBLEMS.values() for text in texts]
    said += [(text, Intent.BUG) for text in CRASHES]
    said += [(text, Intent.COMPLAINT) for text in VENTS]
    said += [(text, Intent.PRAISE) for text in PRAISES]
    return [
        TopicUnit(unit_id=number, feedback_id=number, text=text + tail, intent=intent)
        for number, (text, intent, tail) in enumerate(
            (text, intent, tail) for tail in FILLER for text, intent in said
        )
    ]


@pytest.fixture(scope="session")
def embeddings(units: list[TopicUnit]) -> np.ndarray:
    return embed([unit.text for unit in units])
