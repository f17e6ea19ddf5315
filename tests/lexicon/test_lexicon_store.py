from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import col, select

from feedback_nlp.chinese import DictionaryWord, tokenizer_with
from feedback_nlp.config import PipelineConfig, load_config
from feedback_nlp.editing import Edit, word_edits
from feedback_nlp.errors import InputError, NotFound
from feedback_nlp.jobs.analyze import run_analysis
from feedback_nlp.labels import WordKind
from feedback_nlp.lexicon import parse_dictionary
from feedback_nlp.pipeline import Analyst
from feedback_nlp.settings import Settings
from feedback_nlp.store import Database, lexicon
from feedback_nlp.store.tables import Feedback, Run, Source
from tests.store.units import whole_unit

NOW = datetime(2026, 11, 16, 1, 30, tzinfo=UTC)
EDIT = Edit("小王", NOW)
LATER = Edit("小李", NOW + timedelta(days=1))


def fill(database: Database, texts: list[str], *, analyzed: bool = True) -> None:
    with database.write() as session:
        source = Source(name="官网", kind="in_app", created_at=NOW)
        session.add(source)
        session.flush()
        for number, text in enumerate(texts):
            feedback = Feedback(
                source_id=source.id or 0,
                source_key=str(number),
                text=text,
                product="小岛记账" if number % 2 else "小岛日记",
                occurred_at=NOW + timedelta(hours=number),
                ingested_at=NOW,
            )
            session.add(feedback)
            session.flush()
            if analyzed:
                session.add(whole_unit(feedback))


def test_every_change_makes_a_new_version(database: Database) -> None:
    with database.write() as session:
        assert lexicon.words(session) == (0, (), frozenset())
        seen = [0]
        for change in (
            lambda: word_edits.add(session, "红包雨", EDIT),
            lambda: word_edits.add(session, "套餐", EDIT, kind=WordKind.STOP),
            lambda: word_edits.add(session, "红包雨", LATER, tag="nz"),
            lambda: word_edits.remove(session, "套餐", LATER),
        ):
            change()
            seen.append(lexicon.version(session))
        assert seen == sorted(set(seen))
        assert lexicon.words(session) == (
            seen[-1],
            (DictionaryWord("红包雨", "nz", None),),
            frozenset(),
        )


def test_the_same_again_changes_nothing(database: Database) -> None:
    with database.write() as session:
        first = word_edits.add(session, "红包雨", EDIT)
        assert word_edits.add(session, " 红包雨 ", LATER).id == first.id
        assert lexicon.version(session) == first.id


def test_history_stays(database: Database) -> None:
    with database.write() as session:
        word_edits.add(session, "MagicBook", EDIT)
        word_edits.remove(session, "magicbook", LATER)
        assert lexicon.entries(session) == []
        (entry,) = lexicon.entries(session, include_removed=True)
        assert (entry.added_by, entry.removed_by, entry.removed_at) == ("小王", "小李", LATER.now)
        with pytest.raises(NotFound):
            word_edits.remove(session, "MagicBook", LATER)
        word_edits.add(session, "MagicBook", LATER)
        assert len(lexicon.entries(session)) == 1


def test_a_file_is_taught_whole_or_not_at_all(database: Database) -> None:
    with database.write() as session:
        assert word_edits.add_all(session, parse_dictionary(["红包雨", "蛋仔码 9 n"]), EDIT) == 2
    with pytest.raises(InputError), database.write() as session:
        word_edits.add_all(session, parse_dictionary(["好运签", "单"]), EDIT)
    with database.read() as session:
        assert [entry.word for entry in lexicon.entries(session)] == ["红包雨", "蛋仔码"]


def test_taught_words_are_cut_whole_in_any_spelling(database: Database) -> None:
    with database.write() as session:
        word_edits.add(session, "米家App", EDIT)
        word_edits.add(session, "红包雨", EDIT)
        words = lexicon.words(session).words
    cut = tokenizer_with(words).cut("米家app的红包雨")
    assert cut == ["米家app", "的", "红包雨"]
    assert tokenizer_with(()).cut("红包雨") == ["红包", "雨"]


def test_passages_come_newest_first_without_copies_and_spam(database: Database) -> None:
    fill(database, ["一号反馈", "二号反馈", "三号反馈", "四号反馈"])
    with database.write() as session:
        rows = {row.text: row for row in session.scalars(select(Feedback))}
        rows["一号反馈"].duplicate_of = rows["一号反馈"].id
        rows["二号反馈"].duplicate_of = rows["一号反馈"].id
        rows["三号反馈"].is_spam = True
    with database.read() as session:
        texts = [passage.text for passage in lexicon.passages(session)]
        assert texts == ["四号反馈", "一号反馈"]
        assert len(lexicon.passages(session, with_copies=True)) == 3
        assert len(lexicon.passages(session, product="小岛日记")) == 1
        assert len(lexicon.passages(session, max_characters=7)) == 1


def test_a_new_word_is_reason_for_another_analysis(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(database, ["红包雨进不去", "红包雨老是闪退", "抢不到红包雨"], analyzed=False)
    analyst = Analyst.load(load_config())
    taught = []

    def load(_config: PipelineConfig, **words: Any) -> Analyst:
        taught.append(words["extra_words"])
        return analyst

    monkeypatch.setattr(Analyst, "load", load)

    def analyze() -> int | None:
        zone = Settings().zone
        return run_analysis(database, load_config(), zone=zone, now=lambda: NOW).run_id

    assert analyze() is not None
    assert analyze() is None
    with database.write() as session:
        word_edits.add(session, "红包雨", EDIT)
    assert analyze() is not None
    assert analyze() is None
    with database.read() as session:
        last = session.scalars(select(Run).order_by(col(Run.id).desc())).first()
        assert last is not None
        assert last.versions["lexicon"] == "1"
    assert taught == [(), (DictionaryWord("红包雨", "n"),)]
