"""Wording 文字: catch-all and vague names, found by patterns.

Patterns work on the text without white space, without titles in 《》 (a quoted law is not our wording), and with words
such as 等级 or 平等 masked, in which 等 does not mean "and so on".
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_ARTICLE = re.compile(r"第[〇零一二三四五六七八九十百千0-9]+条")
_SPACE = re.compile(r"\s+")
_TITLE = re.compile(r"《[^《》]*》")
_NOT_ETC = re.compile("等[级效候待额值价]|[同平高中初对均优劣特何]等|[一二三四甲乙丙]等(?=[级品功奖])")
_NOUN = (
    "(?:证明|证件|证书|证照|材料|资料|文件|文书|表格|手续|条件|要求|信息|凭证|批文|批准|说明|协议|合同|图纸|数据|事项"
    "|复印件|原件|影像|情形|情况|义务|资格|资质|程序|证)"
)
_GIVEN = "(?:规定|要求|认为|需要|认定|指定|通知|明确|补充|提交|提供|应当|必需|必要)"

_SUCH = "(?:的|有关|相关|必要|必需|需要|应当|应|需|提交|提供|补充|申请|申报|登记|审批|审查|办理|证明|说明|辅助|法定|书面|明确)*"

_CATCH_ALL = re.compile(
    rf"{_GIVEN}[^，。；]{{0,12}}的?(?:其他|其它){_SUCH}{_NOUN}+"
    rf"|^(?:其他|其它){_SUCH}{_NOUN}+(?:等|。)?$"
    rf"|(?:及|和|以及|、|或|等)(?:其他|其它){_SUCH}{_NOUN}+(?:等|。)?$"
    rf"|根据(?:实际|具体)?(?:情况|情形|需要)[^，。；]{{0,4}}(?:提供|提交|补充|补交)"
)
_VAGUE = re.compile(
    rf"(?:相关|有关|必要|若干|适当)(?:的|证明|申请|审批|政府|行政|部门|单位){{0,3}}{_NOUN}"
    r"|(?:相关|有关)(?:部门|单位|机构|机关|人员|方面)"
    rf"|等(?:有关|相关)?{_NOUN}?(?=$|[）)])"
    rf"|等(?={_NOUN})"
    r"|符合(?:国家|法律|法规|本市|当地|其他|其它|、|和)*(?:有关|相关)(?:的)?(?:规定|要求|标准|条件|政策)"
    r"|视(?:具体|实际)?(?:情况|情形|情|需要)|酌情|原则上|必要时|适当时"
)
_VAGUE_CONDITION = re.compile(
    r"具有一定|具备一定|一定(?:的)?(?:数量|规模|条件|能力|经验|资金|面积|资质|比例)|适当的?|相应的?(?:条件|能力|资质)$"
    r"|(?:较好|良好|较强|较高|必要|足够|充分|合理)的?(?:信誉|信用|条件|能力|经验|资金|基础|设施|规模|数量)"
    r"|(?:其他|其它)(?:特殊)?情(?:况|形)"
)
_ETC_IN_BRACKETS = re.compile(r"[（(][^（）()]*等[^（）()]{0,4}[）)]")
_RELATED_MATTERS = re.compile(r"(?:相关|有关|其他|其它)(?:的)?(?:事项|业务|手续|服务|事宜|工作)$")


def plain(text: str) -> str:
    """The text as the patterns see it: no white space, no titles in 《》, no 等 inside other words."""
    text = _TITLE.sub("", _SPACE.sub("", text))
    return _NOT_ETC.sub(lambda match: "〇" * len(match[0]), text) if "等" in text else text


def catch_all(text: str) -> str | None:
    """The words that make a name or condition a catch-all 兜底条款, or None."""
    match = _CATCH_ALL.search(plain(text))
    return match[0] if match else None


def vague(text: str) -> str | None:
    """The words that leave open what is meant 模糊条款, or None; a catch-all is not reported as vague too."""
    cleaned = plain(text)
    if _CATCH_ALL.search(cleaned):
        return None
    match = _VAGUE.search(cleaned)
    return match[0] if match else None


def vague_condition(text: str) -> str | None:
    """The words that make an acceptance condition 受理条件 impossible to check, or None."""
    cleaned = plain(text)
    if _CATCH_ALL.search(cleaned):
        return None
    match = _VAGUE.search(cleaned) or _VAGUE_CONDITION.search(cleaned)
    return match[0] if match else None


def loose_item_name(text: str) -> str | None:
    """The words that leave open which matter an item is, or None: vague words, brackets with 等, an end in 相关事项."""
    cleaned = plain(text)
    for pattern in (_CATCH_ALL, _RELATED_MATTERS, _ETC_IN_BRACKETS, _VAGUE):
        match = pattern.search(cleaned)
        if match:
            return match[0]
    return None


@lru_cache(maxsize=1 << 14)
def same_name_key(text: str) -> str:
    """Equal for names that differ only in width of characters, space, case or punctuation."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in folded if char.isalnum())


def law_title(text: str) -> str:
    """The title of a law without 《》, the state's name, article and year."""
    title = _ARTICLE.split(text, maxsplit=1)[0].split("（")[0].split("(")[0]
    return title.replace("《", "").replace("》", "").strip().removeprefix("中华人民共和国")
