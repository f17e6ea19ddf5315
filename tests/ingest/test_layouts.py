import io
import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from feedback_nlp.cli.hints import HINTS
from feedback_nlp.errors import InputError, UnknownLayout
from feedback_nlp.ingest import open_source, parse_mapping
from feedback_nlp.labels import SourceKind
from feedback_nlp.records import RawItem, Rejection

CHINA = ZoneInfo("Asia/Shanghai")


def read(content, **options):
    data = content if isinstance(content, bytes) else content.encode()
    with open_source(io.BytesIO(data), zone=CHINA, **options) as reading:
        return reading, list(reading.items)


def csv_of(header, *rows):
    return "\n".join([header, *rows]) + "\n"


def test_google_play_utf16_takes_the_review_id_and_joins_title_and_text():
    header = (
        "Package Name,App Version Code,App Version Name,Reviewer Language,Device,"
        "Review Submit Date and Time,Review Submit Millis Since Epoch,"
        "Review Last Update Date and Time,Review Last Update Millis Since Epoch,Star Rating,"
        "Review Title,Review Text,Developer Reply Date and Time,"
        "Developer Reply Millis Since Epoch,Developer Reply Text,Review Link"
    )
    link = "https://play.google.com/console/reviews?reviewId=gp-77&corpus=x"
    rows = [
        f"com.a,12,2.1.0,zh,pixel,2026-03-01T02:00:00Z,1,2026-03-01T02:22:31Z,1772331751000,2,登录,总要重输密码,,,,{link}",
        f"com.a,12,2.1.0,zh,pixel,2026-03-01T02:00:00Z,1,2026-03-01T02:22:31Z,1772331751000,5,,,,,,{link}8",
    ]
    reading, (item, rejected) = read(csv_of(header, *rows).encode("utf-16"))
    assert (reading.layout, reading.kind) == ("google-play", SourceKind.APP_STORE)
    assert (item.source_key, item.text, item.title) == ("gp-77", "登录\n总要重输密码", "登录")
    assert (item.rating, item.product, item.app_version) == (2.0, "com.a", "2.1.0")
    assert item.occurred_at == datetime(2026, 3, 1, 2, 22, 31, tzinfo=UTC)
    assert (rejected.line, rejected.reason) == (3, "blank-text")


def test_weibo_search_keeps_no_identity_in_meta():
    header = (
        "id,bid,user_id,用户昵称,微博正文,头条文章url,发布位置,艾特用户,话题,转发数,评论数,点赞数,发布时间,发布工具,"
        "微博图片url,微博视频url,retweet_id,ip,user_authentication,会员类型,会员等级"
    )
    row = "5001,Abc,900,小王,新版又闪退了,,,,闪退,1,2,3,2026-03-01 10:22,iPhone客户端,,,,发布于 广东,普通,,"
    reading, (item,) = read("\ufeff" + csv_of(header, row))
    assert reading.layout == "weibo-search"
    assert (item.source_key, item.text, item.author) == ("5001", "新版又闪退了", "900")
    assert item.device == "iPhone客户端"
    assert not {"user_id", "用户昵称"} & set(item.meta)
    assert (item.meta["reach"], item.meta["转发数"]) == (3, "1")


@pytest.mark.parametrize(
    ("columns", "layout"),
    [
        ("id,bid,正文,日期,工具,点赞数,评论数,转发数,话题,@用户,完整日期", "weibo-crawler"),
        ("id,weibo_id,created_at,user_screen_name,text,pic_url,like_count", "weibo-crawler-comments"),
        ("comment_id,create_time,note_id,content,comment_like_count,creator_hash,nickname", "mediacrawler-weibo-comments"),
        ("comment_id,create_time,note_id,content,comment_like_count,user_id,ip_location,avatar", "mediacrawler-weibo-comments"),
        ("comment_id,create_time,note_id,content,like_count,parent_comment_id", "mediacrawler-xhs-comments"),
        ("comment_id,parent_comment_id,create_time,video_id,content,like_count", "mediacrawler-bilibili-comments"),
        ("comment_id,create_time,video_id,content,user_id,nickname,avatar,sub_comment_count,last_modify_ts", "mediacrawler-kuaishou-comments"),
        ("comment_id,create_time,aweme_id,content,like_count", "mediacrawler-douyin-comments"),
        ("comment_id,content,publish_time,content_id,content_type,user_nickname", "mediacrawler-zhihu-comments"),
        ("note_id,type,title,desc,time,liked_count,note_url", "mediacrawler-xhs-notes"),
        ("note_id,content,create_time,liked_count,comments_count,note_url", "mediacrawler-weibo-posts"),
        ("content_id,content_text,title,created_time,voteup_count", "mediacrawler-zhihu-contents"),
        ("id,rating,title,body,reviewerNickname,createdDate,territory", "app-store-connect"),
    ],
)  # fmt: skip
def test_layouts_are_recognised_by_their_columns(columns, layout):
    names = columns.split(",")
    texts = ("content", "正文", "text", "body", "desc", "content_text")
    row = ["一直转圈打不开" if name in texts else "1" for name in names]
    reading, (item,) = read(csv_of(columns, ",".join(row)))
    assert reading.layout == layout
    assert "一直转圈打不开" in item.text


def test_tucao_webhook_drops_admin_posts():
    def event(type_, **post):
        return json.dumps({"id": "e", "type": type_, "payload": {"post": post}}, ensure_ascii=False)

    post = {"nick_name": "小李", "created_at": "2026-03-01 10:22:31"}
    lines = [
        event("post.created", id="1", content="导出失败", is_admin=False, images=[], **post),
        event("post.created", id="2", content="已修复", is_admin=True, **post),
        event("webhook.test"),
    ]
    reading, items = read("\n".join(lines) + "\n")
    assert reading.layout == "tucao-webhook"
    assert (items[0].text, items[0].author, items[0].channel) == ("导出失败", "小李", "兔小巢")
    assert [item.reason for item in items[1:]] == ["admin-post", "not-feedback"]
    assert "小李" not in items[1].raw


@pytest.mark.parametrize("one", [True, False])
def test_app_store_rss_entry_may_be_object_or_list(one):
    entry = {
        "id": {"label": "77"}, "author": {"name": {"label": "小陈"}}, "im:version": {"label": "2.1"},
        "im:rating": {"label": "2"}, "title": {"label": "卡"}, "content": {"label": "启动要半分钟"},
        "updated": {"label": "2026-02-28T18:22:31-08:00"},
    }  # fmt: skip
    feed = {"feed": {"link": [{"a": 1}], "entry": entry if one else [entry]}}
    reading, (item,) = read(json.dumps(feed))
    assert reading.layout == "app-store-rss"
    assert (item.source_key, item.rating, item.app_version) == ("77", 2.0, "2.1")
    assert item.occurred_at == datetime(2026, 3, 1, 2, 22, 31, tzinfo=UTC)


def test_app_store_connect_and_play_apis():
    connect = {"data": [{"type": "customerReviews", "id": "r1", "attributes": {
        "rating": 1, "title": "差", "body": "打不开", "reviewerNickname": "n",
        "createdDate": "2026-03-01T02:22:31Z", "territory": "CHN"}}]}  # fmt: skip
    _, (item,) = read(json.dumps(connect))
    assert (item.source_key, item.text, item.region) == ("r1", "差\n打不开", "CHN")
    play = {"reviews": [{"reviewId": "p1", "authorName": "n", "comments": [{"userComment": {
        "text": "耗电快", "lastModified": {"seconds": "1772331751"}, "starRating": 3}}]}]}  # fmt: skip
    _, (item,) = read(json.dumps(play))
    assert (item.source_key, item.text, item.rating) == ("p1", "耗电快", 3.0)
    assert item.occurred_at == datetime(2026, 3, 1, 2, 22, 31, tzinfo=UTC)


WJX = "序号,提交答卷时间,所用时间,来源,来源详情,来自IP,总分,1、您的年龄：,2、您的满意度打几分？,3、遇到过哪些问题？,4、您还有什么建议？,5、您的手机号码是："


def test_wjx_gives_one_item_a_written_answer():
    problems = [
        "支付页面点了没有反应",
        "地图加载特别慢",
        "消息提醒收不到",
        "换手机后数据没了",
        "夜里自动退出登录",
    ]
    rows = [
        f"{n},2026/3/1 10:22:31,88秒,微信,N/A,1.2.3.4(广东-深圳),15,25┋30,{n},{problem},{'(空)' if n > 1 else '加个夜间模式'},13800138000"
        for n, problem in enumerate(problems, 1)
    ]  # fmt: skip
    rows.append("6,2026/3/1 10:22:31,9秒,微信,N/A,1.2.3.4(广东-深圳),15,25┋30,4,(跳过),,")
    reading, items = read(csv_of(WJX, *rows))
    assert (reading.layout, reading.kind) == ("wjx", SourceKind.SURVEY)
    assert [item.source_key for item in items[:3]] == ["1#3", "1#4", "2#3"]
    first = items[0]
    assert (first.text, first.thread_key, first.region) == (problems[0], "1", "广东-深圳")
    assert first.rating == 1.0
    assert first.meta["question"] == "3、遇到过哪些问题？"
    assert first.meta["1、您的年龄："] == "25┋30"
    assert "13800138000" not in json.dumps(dict(first.meta))
    assert (items[-1].line, items[-1].reason) == (7, "blank-text")


def test_ten_point_scores_of_a_survey_are_no_stars():
    rows = [f"{n},2026/3/1 10:22:31,8秒,a,b,c,15,1,{n + 5},好,建议{n}号,x" for n in range(1, 4)]
    _, items = read(csv_of(WJX, *rows))
    assert items[0].rating is None
    assert items[0].meta["2、您的满意度打几分？"] == "6"


def test_survey_without_open_question_asks_for_a_mapping():
    header = "序号,提交答卷时间,所用时间,1、您的年龄：,2、喜欢吗"
    rows = [f"{n},2026/3/1 10:22:31,8秒,20岁,喜欢" for n in range(20)]
    with pytest.raises(UnknownLayout) as caught:
        read(csv_of(header, *rows))
    assert "--map '2、喜欢吗=text'" in caught.value.told(HINTS)
    _, items = read(csv_of(header, *rows), mapping={"text": "2、喜欢吗"})
    assert items[0].text == "喜欢"


def test_tencent_survey_with_trailing_comma_and_english_months():
    header = '"编号","开始答题时间","结束答题时间","答题时长","地理位置国家和地区","地理位置省","地理位置市","自定义字段","1.昵称？","2.建议？",'
    row = '"1","01-Mar-2026 10:20:00","01-Mar-2026 10:22:31","11","中国","广东","","","阿明","加夜间模式",'
    reading, (item,) = read(csv_of(header, row).encode("gb18030"))
    assert reading.layout == "tencent-survey"
    assert (item.source_key, item.text, item.region) == ("1#2", "加夜间模式", "广东")
    assert item.occurred_at == datetime(2026, 3, 1, 2, 22, 31, tzinfo=UTC)


def test_aliases_resolve_both_kinds_of_plain_files():
    header = "id,app,time,star,title,body,text,dev_reply,split"
    row = "7,甲,2026-03-01 10:22:31,2,很卡,每次打开都要等。,很卡。每次打开都要等,,train"
    reading, (item,) = read(csv_of(header, row))
    assert reading.layout == "generic"
    assert (item.source_key, item.text, item.product) == ("7", "很卡。每次打开都要等", "甲")
    assert (item.rating, dict(item.meta)) == (2.0, {"split": "train"})
    _, (item,) = read(
        csv_of("评论内容,评分(1-5),发表时间,用户昵称,版本号", "总闪退,五星,2026/3/1,小王,2.0")
    )
    assert (item.text, item.rating, item.author, item.app_version) == ("总闪退", 5.0, "小王", "2.0")


def test_title_and_body_without_a_text_column_are_joined():
    _, (item,) = read(csv_of("id,title,body", "1,崩溃,点开相册就退出"))
    assert item.text == "崩溃\n点开相册就退出"


def test_unusable_time_and_rating_are_kept_aside():
    _, (item, _) = read(csv_of("text,time,star", "不好用,3/1/26,很多星", "行,2026-03-01,5"))
    assert (item.occurred_at, item.rating) == (None, None)
    assert item.meta == {"time_raw": "3/1/26", "rating_raw": "很多星"}


def test_ten_point_rating_column_stays_under_its_own_name():
    _, items = read(csv_of("text,score", "不好用,4", "好用,9"))
    assert [(item.rating, item.meta["score"]) for item in items] == [(None, "4"), (None, "9")]


def test_unknown_layout_prints_columns_and_the_option():
    with pytest.raises(UnknownLayout) as caught:
        read(csv_of("甲,乙", "1,这一列是很长的一段话"))
    assert "甲、乙" in str(caught.value)
    assert "--map '乙=text'" in caught.value.told(HINTS)


def test_header_only_is_an_error():
    with pytest.raises(InputError, match="只有表头"):
        read("id,text\n")


def test_mapping_options():
    assert parse_mapping(["留言=text", "打分=rating"]) == {"text": "留言", "rating": "打分"}
    assert parse_mapping(["text=留言", "编号=编号"]) == {"text": "留言", "source_key": "编号"}
    assert parse_mapping(["a=b=正文"]) == {"text": "a=b"}
    assert parse_mapping(["title=text"]) == {"text": "title"}
    for bad in (["留言"], ["留言=什么"], ["=text"], ["a=text", "b=text"]):
        with pytest.raises(InputError):
            parse_mapping(bad)


def test_named_column_must_exist_but_saved_one_need_not():
    with pytest.raises(InputError, match="没有列"):
        read(csv_of("id,text", "1,好"), mapping={"text": "没有"})
    _, (item,) = read(csv_of("id,text", "1,好"), saved={"text": "旧列"})
    assert item.text == "好"


def test_derived_keys_keep_repetitions_apart_and_are_stable():
    content = csv_of("text,star", "好,5", "好,5", "不好,1")
    _, first = read(content)
    _, second = read(content)
    assert [item.source_key for item in first] == [item.source_key for item in second]
    assert len({item.source_key for item in first}) == 3


def test_every_row_comes_out_once():
    rows = ("1,好,5", "2,,3", "3,坏,多,两列", "4,还行,4")
    content = csv_of("id,text,star", *rows).encode() + b"5,\xff,1\n"
    _, items = read(content)
    assert [type(item) for item in items] == [RawItem, Rejection, Rejection, RawItem, Rejection]


def test_surplus_cells_cost_no_row_and_bare_commas_are_joined():
    reading, items = read(
        csv_of("id,text,time", "1,好,2026-03-01,回复 小舟", "2,太慢,还贵,2026-03-02")
    )
    assert [item.text for item in items] == ["好", "太慢,还贵"]
    assert items[1].occurred_at == datetime(2026, 3, 1, 16, tzinfo=UTC)
    assert "小舟" not in str(items)
    assert sum("多出单元格" in note or "拼回" in note for note in reading.notes) == 2
    _, (item,) = read(csv_of("id,text", "1,太慢,还贵"))
    assert item.text == "太慢,还贵"


def test_controls_and_long_values_fit_the_store():
    record = {
        "id": "k" * 999,
        "text": "好",
        "version": "v" * 999,
        "app": "a\0b\ud800",
        "tag": "\ud800",
    }
    content = json.dumps(record) + "\n{}\n"
    _, (item, _) = read(content)
    assert len(item.source_key) <= 300
    assert len(item.app_version) == 60
    assert (item.product, item.meta["tag"]) == ("ab", "")
