import json
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from feedback_nlp.clean import (
    DuplicateItem,
    Pseudonymizer,
    find_duplicates,
    fingerprint,
    is_spam,
    prepare,
)
from feedback_nlp.config import load_config
from feedback_nlp.demo import Manifest, Spike, generate, generate_with
from feedback_nlp.demo.phrases import issues, voices
from feedback_nlp.ingest import open_source
from feedback_nlp.records import RawItem
from feedback_nlp.weeks import Week

ZONE = ZoneInfo("Asia/Shanghai")
LAST = "2026-W47"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def manifest(folder: Path) -> Manifest:
    return generate(folder)


@pytest.fixture(scope="module")
def items(folder: Path, manifest: Manifest) -> dict[str, list[RawItem]]:
    read = {}
    for file in manifest.files:
        with open_source(folder / file.path, zone=ZONE) as source:
            by_key: dict[str, RawItem] = {}
            for item in source.items:
                if isinstance(item, RawItem):
                    by_key.setdefault(item.source_key, item)
            read[file.source] = list(by_key.values())
    return read


def test_it_is_large_enough_and_spans_six_weeks_and_four_kinds(manifest: Manifest) -> None:
    assert sum(file.accepted for file in manifest.files) >= 3000
    assert manifest.weeks == [f"2026-W{number}" for number in range(42, 48)]
    assert {file.kind for file in manifest.files} == {"survey", "in_app", "social", "app_store"}


def test_the_same_seed_gives_the_same_rows(
    tmp_path: Path, folder: Path, manifest: Manifest
) -> None:
    again = generate(tmp_path)
    assert again == manifest
    for name in ("in_app.jsonl", "social.csv", "app_store.csv", "android_store.csv", "truth.jsonl"):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes()


def test_another_seed_gives_other_rows_but_the_same_crash(
    tmp_path: Path, manifest: Manifest
) -> None:
    other = generate(tmp_path, seed=7)
    assert other.files != manifest.files
    assert other.fact("crash").weeks == manifest.fact("crash").weeks


def test_every_file_reads_as_its_manifest_entry_says(folder: Path, manifest: Manifest) -> None:
    for file in manifest.files:
        with open_source(folder / file.path, zone=ZONE) as source:
            records = list(source.items)
        accepted = [record for record in records if isinstance(record, RawItem)]
        keys = {record.source_key for record in accepted}
        reasons: dict[str, int] = {}
        for record in records:
            if not isinstance(record, RawItem):
                reasons[record.reason] = reasons.get(record.reason, 0) + 1
        assert len(records) == file.rows == file.accepted + file.duplicate + file.rejected
        assert len(keys) == file.accepted, file.path
        assert len(accepted) - len(keys) == file.duplicate
        assert reasons == file.reasons


def test_rows_carry_what_their_layout_has(items: dict[str, list[RawItem]]) -> None:
    assert all(item.occurred_at and item.author for group in items.values() for item in group)
    in_app = items["应用内反馈"]
    assert all(item.app_version and item.device and item.region for item in in_app)
    assert all(item.app_version and item.rating for item in items["App Store"])
    assert all(item.device and item.rating for item in items["安卓应用市场"])
    assert all(item.rating and item.region for item in items["用户问卷"])
    assert all(item.region for item in items["微博"])


def test_truth_points_at_the_rows(folder: Path, items: dict[str, list[RawItem]]) -> None:
    truth = [json.loads(line) for line in (folder / "truth.jsonl").read_text("utf-8").splitlines()]
    lines = {(source, item.line) for source, group in items.items() for item in group}
    assert {(row["source"], row["line"]) for row in truth} <= lines


def test_one_file_is_gb18030_only(folder: Path) -> None:
    raw = (folder / "android_store.csv").read_bytes()
    with pytest.raises(UnicodeDecodeError):
        raw.decode("utf-8")
    assert raw.decode("gb18030").startswith("星级")


def test_the_crash_explodes_with_its_version(
    folder: Path, items: dict[str, list[RawItem]], manifest: Manifest
) -> None:
    crash = manifest.fact("crash")
    assert list(crash.weeks.values())[:4] == [0, 0, 0, 0]
    assert crash.weeks[LAST] >= 4 * crash.weeks["2026-W46"] > 0
    assert crash.authors[LAST] > 50
    truth = [json.loads(line) for line in (folder / "truth.jsonl").read_text("utf-8").splitlines()]
    lines = {
        row["line"]
        for row in truth
        if row["source"] == "App Store" and crash.issue in row["issues"]
    }
    versions = {item.app_version for item in items["App Store"] if item.line in lines}
    assert versions == {crash.detail["version"]}


def test_no_other_issue_rises_as_the_crash_does(manifest: Manifest) -> None:
    for name, issue in manifest.issues.items():
        if name != "checkout-crash":
            assert issue.weeks[LAST] < 1.5 * issue.weeks["2026-W46"], name


def test_the_repaired_issue_fades(manifest: Manifest) -> None:
    weeks = list(manifest.fact("fading").weeks.values())
    assert weeks[-1] * 1.5 < weeks[-2] < weeks[0]


def test_the_burst_is_three_people_on_one_day(
    items: dict[str, list[RawItem]], manifest: Manifest
) -> None:
    burst = manifest.fact("burst")
    posts = [item for item in items["微博"] if "韭菜" in item.text]
    assert len(posts) == burst.weeks[LAST] >= 60
    assert burst.authors[LAST] == len({item.author for item in posts}) == 3
    assert (
        len({item.occurred_at.astimezone(ZONE).date() for item in posts if item.occurred_at}) == 1
    )


def test_cross_posts_are_the_same_words_in_three_channels(
    items: dict[str, list[RawItem]], manifest: Manifest
) -> None:
    in_app = {fingerprint(item.text) for item in items["应用内反馈"]}
    both = (
        in_app
        & {fingerprint(i.text) for i in items["微博"]}
        & {fingerprint(i.text) for i in items["App Store"]}
    )
    assert len(both) >= manifest.fact("cross-posts").detail["groups"] > 10


def test_all_personal_data_is_in_the_files_and_none_survives_cleaning(
    items: dict[str, list[RawItem]], manifest: Manifest
) -> None:
    keeper = Pseudonymizer(b"demo")
    assert {entry["kind"] for entry in manifest.personal} == set(voices()["personal"])
    for entry in manifest.personal:
        told = [item.text for item in items[entry["source"]] if entry["value"] in item.text]
        assert told, entry
        for text in told:
            prepared = prepare(text, keeper)
            assert entry["value"] not in prepared.text
            assert prepared.redactions == {entry["kind"]: 1}


def test_little_is_redacted_elsewhere(items: dict[str, list[RawItem]], manifest: Manifest) -> None:
    keeper = Pseudonymizer(b"demo")
    found = [prepare(item.text, keeper).redactions for group in items.values() for item in group]
    assert sum(bool(kinds.keys() - {"用户"}) for kinds in found) == len(manifest.personal)
    assert sum("用户" in kinds for kinds in found) >= manifest.tags["forward"]


def test_all_voices_are_heard(manifest: Manifest, items: dict[str, list[RawItem]]) -> None:
    text = "".join(item.text for group in items.values() for item in group)
    for sign in ("😡", "//@", "#满筐买菜#", "喺", "機", "crash"):
        assert sign in text
    for tag in ("sarcasm", "two-point", "mixed", "forward", "vents", "chat"):
        assert manifest.tags[tag] > 20


def test_phrases_are_many_and_distinct() -> None:
    assert len(issues()) >= 12
    for issue in issues().values():
        phrasings = [*issue.lead, *issue.other, *issue.sarcastic]
        assert len(phrasings) == len(set(phrasings)) >= 12
    assert len(set(voices()["praise"])) >= 40


def test_rates_weeks_and_spikes_can_be_changed(tmp_path: Path) -> None:
    manifest = generate_with(
        tmp_path,
        rates={"search-bad": [0, 0, 3], "seasonal": [0] * 6},
        spikes=[Spike("push-spam", day=10, count=40, channel="in_app")],
        first_week=Week(2026, 10),
        planted={"burst_items": 0, "cross_posts": 0, "two_point_share": 0.0},
    )
    assert manifest.weeks[0] == "2026-W10"
    assert list(manifest.issues["search-bad"].weeks.values()) == [0, 0, 3, 0, 0, 0]
    assert sum(manifest.fact("season").weeks.values()) == 0
    assert manifest.issues["push-spam"].weeks["2026-W11"] == 55
    assert sum(manifest.fact("burst").weeks.values()) == 0


def test_only_the_planted_copies_are_copies(
    items: dict[str, list[RawItem]], manifest: Manifest
) -> None:
    said = [(source, item) for source, group in items.items() for item in group]
    copies = find_duplicates(
        [
            DuplicateItem(key, item.text, f"{source}/{item.author}", item.channel, item.occurred_at)
            for key, (source, item) in enumerate(said)
        ],
        load_config().clean,
    )
    [burst] = [group for group in copies if group.is_burst]
    assert len(burst.members) == manifest.fact("burst").weeks[LAST]
    crossed = [group for group in copies if len({said[key][0] for key in group.members}) == 3]
    planted = manifest.fact("cross-posts").detail["groups"]
    assert planted <= len(crossed) <= planted + 2
    assert len(copies) < planted + 15


def test_hardly_anything_is_taken_for_an_advert(items: dict[str, list[RawItem]]) -> None:
    assert sum(is_spam(item.text) for group in items.values() for item in group) <= 1
