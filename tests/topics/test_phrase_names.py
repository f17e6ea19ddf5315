from __future__ import annotations

import numpy as np
import pytest

from feedback_nlp.chinese import default_tokenizer, fold
from feedback_nlp.labels import Intent
from feedback_nlp.topics.clause_names import with_head
from feedback_nlp.topics.clauses import nicknames_in, without_asides
from feedback_nlp.topics.directions import unit_rows
from feedback_nlp.topics.name_checks import meanings, meant_by, without_colour
from feedback_nlp.topics.phrase_names import NamedUnit, PhraseNamer, unique_name, whole_phrase
from feedback_nlp.topics.phrases import MentionFinder
from feedback_nlp.topics.quotes import choose_telling_rows
from feedback_nlp.topics.themes import group_themes
from feedback_nlp.topics.vent import is_vent
from feedback_nlp.topics.words import read_topic_words

WORDS = read_topic_words()
FINDER = MentionFinder(WORDS, {"云间商城"})


def said(text: str, intent: Intent = Intent.BUG) -> NamedUnit:
    folded = fold(text)
    tagged = tuple(default_tokenizer().tag(folded))
    return NamedUnit(folded, FINDER.find(folded, tagged), intent, tagged)


BACKGROUND = [
    said(text)
    for text in (
        "老是闪退",
        "发货太慢了",
        "登录不上",
        "广告太多",
        "客服不理人",
        "界面太丑",
        "更新以后很卡",
    )
] * 12


def names_of(texts: list[str], intent: Intent = Intent.BUG) -> list[str]:
    units = [said(text, intent) for text in texts]
    return PhraseNamer([*BACKGROUND, *units], FINDER, WORDS).candidates(units)


def test_a_name_says_object_and_problem() -> None:
    name = names_of(["门锁连不上", "我的门锁连接失败", "门锁又连不上了", "门锁怎么也连不上"])[0]
    assert "门锁" in name
    assert "连不上" in name


def test_a_wish_is_named_as_one() -> None:
    wishes = ["希望支持指纹", "能不能加指纹", "建议增加指纹", "什么时候支持指纹"]
    assert names_of(wishes, Intent.FEATURE)[0] == "希望支持指纹"


def test_a_product_name_is_no_topic_name() -> None:
    names = names_of(["云间商城打不开", "云间商城进不去", "云间商城打不开了", "云间商城又打不开"])
    assert names
    assert "云间商城" not in names


def test_an_adjective_alone_and_people_in_general_are_no_names() -> None:
    courtesy = ["麻烦看一下", "麻烦告知一下", "麻烦了", "太麻烦了"]
    assert "复杂" not in names_of(courtesy)
    invited = ["家人们谁懂啊，红包用不了", "家人们，红包用不了", "家人们红包又用不了", "红包用不了"]
    assert "红包" in names_of(invited)[0]
    assert not any("人们" in name for name in names_of(invited)[:3])


@pytest.mark.parametrize(
    ("texts", "name"),
    [
        (("送餐真的太慢了", "送餐很慢", "就是送餐有点慢", "送餐慢得离谱"), "送餐太慢"),
        (("隔音效果不好", "房间隔音太差", "隔音很差劲", "隔音效果一般"), "隔音"),
        (("早餐品种太少", "早餐很少", "早餐太少了", "早餐有点少"), "早餐太少"),
        (("房间好小啊", "房间太小", "房间有点小", "房间狭小"), "房间太小"),
        (("鸡汤很淡", "鸡汤没味道", "鸡汤太淡了", "鸡汤寡淡"), "鸡汤太淡"),
    ],
)
def test_a_name_says_what_is_wrong_with_what(texts: tuple[str, ...], name: str) -> None:
    found = names_of(list(texts), Intent.COMPLAINT)
    assert name in found[0]


@pytest.mark.parametrize(
    ("texts", "unwanted"),
    [
        (("说实话不想来了", "说实话一般", "说实话有点失望", "说实话就那样"), "说实话"),
        (("我老婆说不好吃", "老婆不喜欢", "老婆觉得太咸", "老婆嫌贵"), "老婆"),
        (("晚上太吵", "晚上很吵", "晚上吵得睡不着", "到了晚上吵死了"), "晚上"),
    ],
)
def test_people_times_and_ways_to_speak_are_no_things(
    texts: tuple[str, ...], unwanted: str
) -> None:
    assert not any(unwanted in name for name in names_of(list(texts), Intent.COMPLAINT)[:3])


@pytest.mark.parametrize(
    ("texts", "name"),
    [
        (("饮料没有吸管", "没有吸管怎么喝", "奶茶又没给，没有吸管", "没有吸管"), "没有吸管"),
        (("全都凉了", "拿到手是凉的", "已经凉了", "吃的时候凉了"), "饭菜凉了"),
        (("烤鸭太油腻", "烤鸭很油", "烤鸭太咸了", "烤鸭好咸啊"), "烤鸭太咸"),
        (("交通不是很方便", "交通不太便利", "交通很不方便", "交通不方便"), "交通不方便"),
    ],
)
def test_what_is_missing_or_said_in_many_ways_has_a_name(texts: tuple[str, ...], name: str) -> None:
    assert name in names_of(list(texts), Intent.COMPLAINT)[0]


@pytest.mark.parametrize(
    ("texts", "unwanted"),
    [
        (("没有入住就被扣钱", "没有入住也不退", "没有入住怎么算", "没有入住"), "没有入住"),
        (("价格不贵就是远", "价格不贵", "价格并不贵", "价格不算贵"), "不贵"),
        (("再也不会入住", "下次不会入住", "不会再来入住", "不会入住"), "不会"),
        (("学校位置不偏", "位置不偏", "校区位置不偏", "位置并不偏"), "不偏"),
    ],
)
def test_what_the_speaker_did_not_do_and_denied_faults_are_no_complaints(
    texts: tuple[str, ...], unwanted: str
) -> None:
    assert not any(unwanted in name for name in names_of(list(texts), Intent.COMPLAINT)[:1])


@pytest.mark.parametrize(
    "texts",
    [
        ("跑道的事", "跑道怎么说", "问一下跑道", "跑道呢"),
        ("望市政府解决", "请市政府看看", "市政府在哪里反映", "给市政府写信"),
        ("这事领导知道吗", "请领导过问", "领导回个话", "领导看到了吗"),
    ],
)
def test_what_says_no_fault_names_nothing(texts: tuple[str, ...]) -> None:
    assert names_of(list(texts), Intent.COMPLAINT) == []


@pytest.mark.parametrize(
    ("texts", "unwanted"),
    [
        (("没有楼下包子好吃", "没有隔壁包子好吃", "没有那家包子香", "没有以前包子好"), "没有包子"),
        (("给差评", "必须差评", "差评走起", "打差评"), "差评"),
        (("操场不建议来", "不建议来看操场", "操场不建议", "不建议来"), "不建议"),
        (("不能新角色", "角色不能新", "别不能新角色", "不能新的角色"), "不能新"),
    ],
)
def test_comparisons_and_verdicts_are_no_names(texts: tuple[str, ...], unwanted: str) -> None:
    assert not any(unwanted in name for name in names_of(list(texts), Intent.COMPLAINT))


@pytest.mark.parametrize(
    ("texts", "name"),
    [
        (("操场的小", "操场真的小", "操场有点小", "就是操场小"), "操场太小"),
        (("钢琴课约不上", "钢琴课总约不上", "又约不上钢琴课", "钢琴课从来约不上"), "钢琴课约不上"),
        (("圣遗物太难刷了", "圣遗物好难", "刷圣遗物真难", "圣遗物很难"), "圣遗物难"),
    ],
)
def test_a_name_is_written_plainly_and_whole(texts: tuple[str, ...], name: str) -> None:
    assert names_of(list(texts), Intent.COMPLAINT)[0] == name


def test_a_head_is_put_back_only_where_nearly_all_say_it() -> None:
    assert with_head("遗物", ["圣遗物难刷", "刷圣遗物", "圣遗物又歪", "遗物"], ()) == "圣遗物"
    assert with_head("遗物", ["我的遗物", "遗物", "旧遗物"], ()) == "遗物"
    assert with_head("遗物", ["的遗物", "的遗物", "的遗物"], ("的",)) == "遗物"


def test_one_place_makes_an_event_and_a_usual_word_does_not() -> None:
    letters = [said(f"云景花园旁边的搅拌站{what}") for what in ("吵", "脏", "臭", "夜里开工")]
    namer = PhraseNamer([*BACKGROUND, *letters], FINDER, WORDS)
    assert namer.is_event(letters, ())
    assert not namer.is_event(letters, ("云景", "花园", "搅拌站", "旁边"))


def test_a_warning_is_no_wish() -> None:
    warned = ["建议大家不要入住", "建议不要入住", "建议朋友们别入住", "希望想入住的朋友注意"]
    assert not any("希望" in name for name in names_of(warned, Intent.FEATURE))


def test_a_word_that_everybody_says_names_nothing_with_a_vague_fault() -> None:
    everywhere = [said(f"酒店{what}") for what in ("离车站近", "旁边有超市", "在海边", "有泳池")]
    units = [
        said(text)
        for text in ("酒店一般", "酒店真一般", "酒店很一般", "前台慢", "酒店前台太慢", "前台好慢")
    ]
    names = PhraseNamer([*everywhere * 12, *units], FINDER, WORDS).candidates(units)
    assert names[0] == "前台太慢"


def test_what_says_nothing_but_the_trade_is_no_name() -> None:
    everywhere = [said(f"酒店{what}") for what in ("离车站近", "旁边有超市", "在海边", "有泳池")]
    units = [said(text) for text in ("酒店差", "这家酒店真差", "酒店太差", "酒店差得很")]
    assert PhraseNamer([*everywhere * 12, *units], FINDER, WORDS).candidates(units) == []


def test_colour_is_taken_out_of_a_name() -> None:
    assert without_colour("豆花根本没味") == "豆花没味"
    assert without_colour("非常差") == "非常差"


def test_nicknames_and_stickers_are_not_read() -> None:
    nicknames = nicknames_in(["快看@崩溃的布丁 真好笑", "没有提到谁"])
    assert nicknames == {"崩溃的布丁"}
    assert without_asides("崩溃的布丁 鞋底太硬[汗颜r] @小满", nicknames).split() == ["鞋底太硬"]


def test_units_that_share_nothing_get_no_name() -> None:
    assert names_of(["奶奶包粽子", "路灯下写诗", "火车向东开", "猫在屋顶"]) == []


@pytest.mark.parametrize(
    ("phrase", "texts", "whole"),
    [
        ("景花园", ["我住云景花园", "云景花园太吵", "投诉云景花园", "云景花园停水"], "云景花园"),
        ("区云景", ["东区云景吵", "云景停水", "去云景", "云景太吵", "在云景"], "云景"),
    ],
)
def test_a_phrase_cut_wrongly_is_mended(phrase: str, texts: list[str], whole: str) -> None:
    assert whole_phrase(phrase, texts) == whole


def test_names_are_used_once() -> None:
    taken: set[str] = set()
    assert unique_name(["闪退"], taken) == "闪退"
    assert unique_name(["闪退", "更新后闪退"], taken) == "更新后闪退"
    assert unique_name(["闪退"], taken) == "闪退（2）"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("垃圾软件", True),
        ("太差了太差了", True),
        ("真是无语", True),
        ("垃圾软件老是闪退", False),
        ("验证码收不到", False),
        ("今天下雨", False),
        ("", False),
    ],
)
def test_venting_names_no_problem(text: str, expected: bool) -> None:
    assert is_vent(default_tokenizer().cut(text), WORDS) is expected


def test_quotes_come_from_different_people_and_differ() -> None:
    texts = [
        "打开首页就闪退了真的",
        "打开首页就闪退了真的！",
        "看视频的时候突然闪退",
        "登录以后马上闪退退出",
    ]
    vectors = np.array([[1.0, 0.0], [1.0, 0.01], [0.9, 0.43], [0.9, -0.43]], np.float32)
    chosen = choose_telling_rows(texts, [1, 2, 3, 4], vectors, np.array([1.0, 0.0], np.float32))
    assert chosen[0] in (0, 1)
    assert len(chosen) == 3
    assert {2, 3} < set(chosen)
    assert choose_telling_rows(texts, [1, 1, 1, 1], vectors, vectors[0]) == chosen[:1]


def test_themes_follow_the_seed_area_or_the_nearest_topic() -> None:
    centroids = np.array([[1, 0, 0], [0.9, 0.43, 0], [0, 0, 1]], np.float32)
    themes, theme_of = group_themes(
        ["无法登录", "门禁登不上", "地暖不热"], ["login.cannot-login", "", ""], centroids, 0.45
    )
    assert [theme.name for theme in themes] == ["登录与注册", "地暖不热"]
    assert theme_of == [0, 0, 1]


def test_letters_that_all_lie_near_one_another_are_no_one_theme() -> None:
    """Seven matters, two of them nearer: building by night and by day."""
    random = np.random.default_rng(1)
    centroids = np.full((7, 32), 0.7, np.float32) + 0.5 * random.standard_normal((7, 32))
    centroids[1] = centroids[0] + 0.1 * random.standard_normal(32)
    centroids = unit_rows(centroids.astype(np.float32))
    names = ["夜间施工", "白天施工", "公交绕路", "停水", "拖欠工资", "路灯不亮", "学位不够"]
    themes, theme_of = group_themes(names, [""] * 7, centroids, 0.45)
    assert (centroids @ centroids.T).min() > 0.45, "all would be near"
    assert themes[0].name == "夜间施工"
    assert theme_of[:2] == [0, 0]
    assert max(len(theme.topics) for theme in themes) <= 3


def test_an_area_of_most_topics_says_nothing() -> None:
    codes = ["campus.dorm", "campus.site", "campus.canteen", "campus.bath", "login.cannot-login"]
    names = ["宿舍条件差", "校区远", "食堂贵", "澡堂差", "无法登录", "验证码收不到"]
    codes = [*codes, "login.verify-code"]
    themes, _ = group_themes(names, codes, np.eye(6, dtype=np.float32), 0.45)
    assert [theme.name for theme in themes] == [*names[:4], "登录与注册"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("服务差", "酒店服务差"),
        ("服务差", "服务态度差"),
        ("分量太少", "份量太少"),
        ("送餐太慢", "等得太久"),
    ],
)
def test_names_of_one_meaning(one: str, other: str) -> None:
    assert meant_by(one) == meant_by(other)


def test_names_of_two_meanings() -> None:
    assert len({meant_by(name) for name in ("房间太小", "房间太脏", "学校太小", "早餐差")}) == 4


@pytest.mark.parametrize(
    ("texts", "unwanted"),
    [
        # a thing that is merely bad says nothing; a quality does
        (("土豆丝一般", "土豆丝也没放醋", "土豆丝里有头发", "土豆丝炒糊了"), "土豆丝差"),
        # small batteries are a kind
        (("小电瓶亏电", "小电瓶又没电了", "小电瓶两天就亏电", "小电瓶坏了"), "电瓶太小"),
    ],
)
def test_a_name_is_what_many_units_of_the_topic_say(texts: tuple[str, ...], unwanted: str) -> None:
    assert unwanted not in names_of(list(texts), Intent.COMPLAINT)


def test_what_a_thing_is_compared_with_is_not_what_is_wrong() -> None:
    texts = ("比菜还贵", "停车费比菜还贵", "这停车费，比菜还贵", "停车费比饭还贵")
    names = names_of(list(texts), Intent.COMPLAINT)
    assert names[0] == "停车费太贵"
    assert not [name for name in names if "菜太贵" in name]


def test_a_wish_for_what_a_thing_may_do_says_what() -> None:
    wishes = ["希望车机支持CarPlay", "建议车机支持CarPlay，谢谢", "什么时候希望车机支持CarPlay"]
    assert names_of(wishes, Intent.FEATURE)[0] == "希望车机支持carplay"


def test_what_cannot_be_seen_heard_or_understood_is_a_fault() -> None:
    assert "方言听不懂" in names_of(
        ["方言听不懂", "方言都听不懂", "连方言也听不懂", "方言听不懂啊"]
    )


def test_a_thing_said_no_more_than_the_issue_s_own_is_no_other_matter() -> None:
    """联系骑手说不归他管 speaks of 骑手, whatever else its writers say alike."""
    namer = PhraseNamer(BACKGROUND, FINDER, WORDS)
    units = [said("骑手在小区门口就走了")] * 5
    assert not namer.speaks_of_something_else(units, "food.rider")
    assert namer.speaks_of_something_else([said("地暖打不开")] * 5, "app.cannot-open")


def test_a_name_that_hardly_any_unit_says_is_none() -> None:
    aside = ["电车来得太慢", "电车来得太慢"]
    assert "电车太慢" not in names_of(aside + ["电车上没有座位"] * 40, Intent.COMPLAINT)


def test_a_name_says_what_each_of_its_parts_says() -> None:
    assert meant_by("口感差") in meanings("不甜、口感差")
    assert meant_by("个头太小") in meanings("个头小、大小不一")
    assert not meanings("个头太小") & meanings("不甜、口感差")
