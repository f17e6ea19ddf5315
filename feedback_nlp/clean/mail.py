"""Finds mail addresses, also those whose at sign and dots are written as words or marks.

Where the at sign is not one, a host that everybody knows or a dot with a common ending must
follow: what stands before it is then read backwards.

Source: docs/decisions/0007-redaction.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from feedback_nlp.clean.alternatives import by_first_class
from feedback_nlp.clean.findings import PersonalDatum
from feedback_nlp.clean.folding import HAN_DIGITS
from feedback_nlp.clean.spots import stretches

_EMAIL = re.compile(
    r"(?<![a-z0-9._%+\-])(?!git@)[a-z0-9._%+\-]{1,64} {0,2}@{1,2} {0,2}[a-z0-9\-]{1,63}"
    r"(?: ?[.。点] ?[a-z0-9\-]{1,63}){0,3} ?[.。点] ?[a-z][a-z0-9\-]{1,62}"
)
_FILE_NAME = re.compile(r"\.(?:png|jpe?g|gif|svg|webp|pdf|zip|apk|[0-9]{1,9})$")
_NOBODYS_MAIL = re.compile(r"x{2,9}@x{2,9}\.")
_MAIL_HINT = re.compile(r"[a-z0-9_%+\-] {0,2}@{1,2} {0,2}[a-z0-9]")

_OPENING = r"(\[{【<「『〔“\"'*"
_OPEN, _CLOSE = f"[{_OPENING}]", r"[)\]}】>」』〕”\"'*]"
_DOT_WORD = "(?:小数点|句号|点点?|dot|d0t|[.。,，·、])"
_DOT = rf" ?(?:[\-_]dot[\-_]|{_OPEN} ?{_DOT_WORD} ?{_CLOSE}|{_DOT_WORD}) ?"
_HOSTS = (
    "(?:vip ?[.点] ?)?(?:q ?q|163|126|139|189|188|yeah|gmail|outlook|hotmail|live|msn|sina|sohu|foxmail|icloud|me|aliyun|yahoo|protonmail|21cn|tom"
    "|[一幺]六三|[一幺]二六|[一幺]三九|[一幺]八九|扣扣|球球)"
)
_ENDING = (
    "(?:com|c0m|con|net|cn|org|edu|gov|io|me|cc|hk|tw|jp|vip|top|shop|xyz|info|tech)(?![a-z0-9])"
)
_KNOWN_HOST = rf"{_HOSTS}(?:{_DOT}|  ?){_ENDING}(?:{_DOT}cn)?"
_ANY_HOST = rf"[a-z0-9\-]{{1,40}}(?:{_DOT}[a-z0-9\-]{{1,40}}){{0,3}}{_DOT}{_ENDING}(?:{_DOT}cn)?"
# The at sign in other words; the first two need no known host.
_AT_WORD = rf"(?:{_OPEN} ?(?:at|@|a|艾特|爱特|圈a) ?{_CLOSE}|艾特符?号?|爱特|埃特|圈a|圈圈a|花a|a圈|小老鼠|ⓐ|at符号|@符号|[\-_丶、·~]at[\-_丶、·~]|@{{1,3}})"
_AT_BARE = r"(?:at|#|&|\*|\^|在|\$|,? ?(?:后面|后边|后缀|尾巴|结尾)(?:的?是|为|加|跟)?[: ]{0,2}@?)"
_SPOKEN = re.compile(
    rf"[ 丶、·]?(?:{_AT_WORD}[ 丶、·]?(?:{_ANY_HOST}|{_KNOWN_HOST}|(?<!at)(?<!at[)\]}} ])(?<!a[)\]}}])(?<!at】)(?:网易|腾讯|谷歌|新浪|搜狐)?{_HOSTS}(?![a-z0-9.])(?= ?邮箱|(?:{_DOT})?$|[^.a-z0-9]))|(?:(?<= )at(?= )|#) ?{_ANY_HOST}|{_AT_BARE} ?{_KNOWN_HOST}|@{{1,3}} ?{_HOSTS}(?:com|cn|net)(?![a-z0-9]))"
)
# First looks: a sign or a word for at, and a host everybody knows or a common ending.
_AT_HINT = re.compile(
    by_first_class(
        ("a", "[t圈]"),
        (_OPENING, " ?[a@艾爱圈]"),
        ("后", "[面边缀]"),
        ("尾", "巴"),
        ("结", "尾"),
        ("艾爱埃", "特"),
        ("圈", "[a圈]"),
        ("花", "a"),
        ("老", "鼠"),
        ("在", " ?[0-9a-z一扣球]"),
        (r"ⓐ@#&*\^$", ""),
    )
)
_HOST_CHARS, _AFTER_HOST_CHARS = 200, 40
_HOST_HINT = re.compile(
    "c(?:[o0]m|on|[nc])|net|o(?:rg|utlook)|edu|g(?:ov|mail)|i(?:o|nfo|cloud)|m(?:e|sn)|h(?:k|otmail)|t(?:w|ech|om)|jp|vip|top|s(?:hop|ina|ohu)"
    "|xyz|q ?q|1(?:63|26|[38]9|88)|yeah|live|foxmail|aliyun|yahoo|protonmail|21cn|一(?:六三|二六|[三八]九)|幺(?:六三|二六|[三八]九)|扣扣|球球"
)
_SPELT_MARKS = "(?:下划线|底线|横杠|中划线|横线|减号|杠|点|dot)"
_USER = re.compile(
    rf"(?:[a-z0-9][a-z0-9._%+\-{HAN_DIGITS}]{{0,63}}|(?<![a-z0-9])[a-z0-9](?: [a-z0-9._\-]){{2,30}}|[a-z0-9._\-]{{1,30}}(?: ?{_SPELT_MARKS} ?[a-z0-9._\-]{{1,30}}){{1,3}})$"
)
_USER_CHARS = 64
_TELLING = re.compile("[0-9._]")
_MAIL_WORD = re.compile("邮|mail|发[到至给]|寄|投|联系|回[传复]|私我|注册|账号|id")
# After a word for mail: the sign is missing (邮箱abc 163.com), or the number of a QQ mail.
_UNSIGNED = re.compile(
    rf"(?:邮箱|邮件|e?-?mail|发[到至给我]|寄到?|回复到|投)[是为:号地址 ]{{0,6}}([a-z0-9][a-z0-9._\-]{{2,30}}[ ,/|]{{1,2}}{_KNOWN_HOST})"
)
_UNSIGNED_WORD = re.compile("邮|mail|发[到至给我]|寄|回复|投")
_SPELT_USER = re.compile(r"(?<![a-z0-9])(?:[a-z0-9._\-] ){2,30}$")
_QQ_MAIL = re.compile(
    r"(?:qq|扣扣|企鹅)邮箱(?:[是为:号码的就(, ]|账号|地址|前面|数字|填){0,6}([1-9][0-9]{4,11})(?![0-9])"
)
_ANY_DOT = re.compile(_DOT)
_AT_ALONE = re.compile("at(?!符)")
_AT_SIGN = re.compile(rf"{_AT_WORD}|{_AT_BARE}")


def find_mail(folded: str) -> Iterator[PersonalDatum]:
    """Yield mail addresses, also with 艾特, (at) and 点."""
    if "@" in folded and _MAIL_HINT.search(folded):
        for match in _EMAIL.finditer(folded):
            if _FILE_NAME.search(match[0]) or _NOBODYS_MAIL.match(match[0]):
                continue
            spelt = _SPELT_USER.search(folded[max(0, match.start() - 60) : match.start()])
            start = match.start() - (len(spelt[0]) if spelt else 0)
            yield PersonalDatum(start, match.end(), "邮箱", _plain(folded[start : match.end()]))
    if _UNSIGNED_WORD.search(folded):
        for pattern in (_UNSIGNED, _QQ_MAIL):
            for match in pattern.finditer(folded):
                if pattern is _UNSIGNED and not _TELLING.search(match[1].split(" ")[0]):
                    continue
                yield PersonalDatum(*match.span(1), "邮箱", _plain(match[1]))
    if _AT_HINT.search(folded):
        for left, right in stretches(_HOST_HINT, folded, _HOST_CHARS, _AFTER_HOST_CHARS):
            yield from _find_spoken(folded, left, right)


def _find_spoken(folded: str, begin: int, stop: int) -> Iterator[PersonalDatum]:
    """Yield addresses of a stretch that reaches beyond every host in it: the pattern is slow."""
    for match in _SPOKEN.finditer(folded, begin, stop):
        left = max(0, match.start() - _USER_CHARS)
        user = _USER.search(folded[left : match.start()])
        if user is None or not user[0].strip("._%+-x") or user[0] == "git":
            continue
        spoken = match[0].strip(" 丶、·")
        sign = spoken[0]
        if (sign in "在&*^$#" or _AT_ALONE.match(match[0])) and not _is_told(
            folded, left + user.start(), user[0], sign
        ):
            continue
        start = left + user.start()
        at = _AT_SIGN.match(spoken)
        host = spoken[at.end() if at else 0 :].strip(" 丶、·")
        value = f"{_plain(user[0])}@{_plain(host)}"
        yield PersonalDatum(start, match.end(), "邮箱", value)


def _is_told(folded: str, start: int, user: str, sign: str) -> bool:
    """Tell whether a mail address is spoken of: Chrome在qq.com打不开 is none."""
    end = start + len(user)
    near = folded[max(0, start - 16) : start] + folded[end + 8 : end + 28]
    if sign == "#":
        return True
    return _MAIL_WORD.search(near) is not None or (
        _TELLING.search(user) is not None and sign != "在"
    )


def _plain(written: str) -> str:
    return _ANY_DOT.sub(".", written).replace(" ", "").strip(".")
