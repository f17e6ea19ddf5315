"""The dictionary workbench: suggestions, previews, and the words that people taught."""

from __future__ import annotations

import threading
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Body, Path, Query
from fastapi.openapi.models import Example
from pydantic import Field
from pydantic.config import JsonDict

from feedback_api.errors import document
from feedback_api.schemas import Incoming, Outgoing
from feedback_api.services import ServicesDep
from feedback_api.validation import Plain, Said, Word
from feedback_nlp.editing import Edit, word_edits
from feedback_nlp.jobs.lexicon import example_texts, preview_words, suggest_words
from feedback_nlp.labels import WordKind
from feedback_nlp.lexicon.dictionary import TAG, WORD
from feedback_nlp.store import lexicon
from feedback_nlp.store.tables import LexiconEntry

router = APIRouter(prefix="/v1/lexicon", tags=["词典"])
_MINING = threading.Lock()  # mining is seconds of work and hundreds of megabytes: one at a time

Actor = Annotated[
    Said, Field(min_length=1, max_length=100, description="谁改的", examples=["林晓"])
]
# What comes with blanks around it is read all the same.
_SHAPE: JsonDict = {"minLength": 2, "maxLength": 20, "pattern": f"^{WORD.pattern}$"}
Spelling = Annotated[
    Plain,
    Field(
        min_length=1,
        max_length=40,
        description="词，2–20 个字",
        examples=["红包雨"],
        json_schema_extra=_SHAPE,
    ),
]


class ExampleOut(Outgoing):
    """A unit that holds a suggested word."""

    unit_id: int
    text: str


class SuggestionOut(Outgoing):
    """A word the dictionary lacks, with its evidence."""

    word: str
    kind: WordKind = Field(description="按词的样子猜的")
    tag: str = Field(description="猜的词性")
    count: int
    person_count: int
    cohesion: float = Field(description="凝固度，比特")
    left_entropy: float
    right_entropy: float
    pieces: list[str] = Field(description="现在切成什么")
    whole_share: float = Field(description="现在有多大比例切得完整，0–1")
    score: float
    examples: list[ExampleOut]


class Suggestions(Outgoing):
    """Suggestions, the best first."""

    lexicon_version: int
    unit_count: int = Field(description="看了多少个观点，重复的只算一次")
    items: list[SuggestionOut]


class CutChangeOut(Outgoing):
    """A unit that would be cut another way."""

    unit_id: int = Field(validation_alias="passage_id")
    text: str
    before: list[str]
    after: list[str]


class TouchedTopicOut(Outgoing):
    """A topic that a word touches."""

    topic_id: int
    name: str
    keywords: list[str]
    in_name: bool
    found_count: int = Field(description="提到这个词的观点数")
    member_count: int


class PreviewOut(Outgoing):
    """What a word would change."""

    word: str
    known: bool = Field(description="词典里已经有")
    found_count: int
    changed_count: int
    pieces: list[str]
    examples: list[CutChangeOut]
    topics: list[TouchedTopicOut]


class EntryOut(Outgoing):
    """A word that people taught."""

    word: str
    kind: WordKind
    tag: str
    frequency: int | None
    added_by: str
    added_at: datetime


class LexiconOut(Outgoing):
    """The words that people taught."""

    version: int = Field(description="每次改动都会变大")
    items: list[EntryOut]


class Teach(Incoming):
    """A word to teach."""

    word: Spelling
    kind: WordKind = WordKind.PRODUCT
    tag: Annotated[
        Plain,
        Field(
            min_length=1,
            max_length=10,
            description="jieba 词性",
            pattern=f"^{TAG.pattern}$",
        ),
    ] = "n"
    actor: Actor


@router.get("", operation_id="list_lexicon", responses=document(503))
def list_lexicon(services: ServicesDep) -> LexiconOut:
    """自建词典，先收录的在前。"""
    with services.database.read() as session:
        return LexiconOut(
            version=lexicon.version(session),
            items=[_entry_out(entry) for entry in lexicon.entries(session)],
        )


@router.get("/suggestions", operation_id="suggest_words", responses=document(422, 503))
def suggestions(
    services: ServicesDep,
    limit: Annotated[int, Query(ge=1, le=200, description="最多几个")] = 30,
    product: Annotated[Word | None, Query(description="只看这个产品的反馈")] = None,
    min_people: Annotated[int, Query(ge=2, le=1_000_000, description="至少多少人说过")] = 6,
) -> Suggestions:
    """从反馈里找词典没有的词，附依据。分析或词典变了之后的第一次要几秒钟。"""
    with services.database.read() as session:
        key = (lexicon.read_by(session), lexicon.version(session), limit, product, min_people)
        found = services.mined.get(key)
        if found is None:
            with _MINING:
                found = services.mined.get(key) or suggest_words(
                    session, limit=limit, product=product, min_people=min_people
                )
                services.mined.put(key, found)
        texts = example_texts(session, found)
    return Suggestions(
        lexicon_version=found.lexicon_version,
        unit_count=found.unit_count,
        items=[
            SuggestionOut(
                word=word.word,
                kind=word.kind,
                tag=word.tag,
                count=word.count,
                person_count=word.person_count,
                cohesion=word.cohesion,
                left_entropy=word.left_entropy,
                right_entropy=word.right_entropy,
                pieces=list(word.pieces),
                whole_share=word.whole_share,
                score=word.score,
                examples=[
                    ExampleOut(unit_id=unit_id, text=texts[unit_id])
                    for unit_id in word.examples
                    if unit_id in texts
                ],
            )
            for word in found.suggestions
        ],
    )


@router.get("/preview", operation_id="preview_word", responses=document(422, 503))
def preview(
    services: ServicesDep,
    word: Annotated[
        Plain,
        Query(
            min_length=1,
            max_length=40,
            description="词，2–20 个字",
            json_schema_extra=_SHAPE,
        ),
    ],
) -> PreviewOut:
    """收录之前看看：哪些观点的切法会变，涉及哪些主题。不保存。"""
    with _MINING, services.database.read() as session:
        (shown,) = preview_words(session, [word])
    cut = shown.cut
    return PreviewOut(
        word=cut.word,
        known=cut.known,
        found_count=len(cut.found),
        changed_count=cut.changed_count,
        pieces=list(cut.pieces),
        examples=[CutChangeOut.model_validate(change) for change in cut.examples],
        topics=[TouchedTopicOut.model_validate(topic) for topic in shown.topics],
    )


@router.post("", operation_id="teach_word", responses=document(400, 413, 422, 503))
def teach(
    services: ServicesDep,
    wanted: Annotated[
        Teach,
        Body(
            openapi_examples={
                "产品词": Example(value={"word": "红包雨", "actor": "林晓"}),
                "停用词": Example(value={"word": "套餐", "kind": "stop", "actor": "林晓"}),
            }
        ),
    ],
) -> EntryOut:
    """收录一个词；已经收录的按新的类别和词性改。下次分析起生效，不用重启。"""
    edit = Edit(actor=wanted.actor, now=services.now())
    with services.database.write() as session:
        return _entry_out(
            word_edits.add(session, wanted.word, edit, kind=wanted.kind, tag=wanted.tag)
        )


@router.delete("/{word}", operation_id="forget_word", responses=document(404, 422, 503))
def forget(
    services: ServicesDep,
    word: Annotated[Plain, Path(min_length=1, max_length=40, description="词")],
    actor: Annotated[Plain, Query(min_length=1, max_length=100, description="谁改的")],
) -> EntryOut:
    """移除一个词；记录保留。下次分析起生效。"""
    edit = Edit(actor=actor, now=services.now())
    with services.database.write() as session:
        return _entry_out(word_edits.remove(session, word, edit))


def _entry_out(entry: LexiconEntry) -> EntryOut:
    return EntryOut.model_validate(entry)
