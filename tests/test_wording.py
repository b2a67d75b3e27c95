"""Catch-all and vague wording."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from govflow.rules import wording

CATCH_ALL = (
    "其他材料",
    "法律、法规规定的其他材料",
    "法律法规规章规定的其他条件",
    "审批部门认为需要提交的其他材料",
    "其它有关证明",
    "根据实际情况提供的证明材料",
    "主管部门要求的其他文件",
    "窗口要求补充的其他资料",
    "审批机关认为需要的其他材料",
    "法律、行政法规规定的其他证明文件",
    "营业执照及其他相关材料",
    "身份证、其他材料",
    "营业执照等其他材料",
    "法律、行政法规规定的其他情形",
    "其他应当提交的文件",
    "其他需要说明的情况",
)
VAGUE = (
    "相关证明材料",
    "使用土地的有关证明文件",
    "营业执照、身份证等",
    "场地证明等材料",
    "符合国家有关规定",
    "必要的手续",
    "视情况提交身份证",
    "适当的证明",
    "若干文件",
    "有关部门出具的证明",
    "场地证明（租赁合同、产权证等）",
    "身份证等复印件",
    "视情提交审计报告",
)
OK = (
    "居民身份证",
    "营业执照",
    "建筑业企业资质等级证书",
    "高等学校毕业证书",
    "《关于实施有关规定的通知》所附申请表",
    "其他组织登记证书",
    "中等职业学校教师资格证",
    "房屋所有权证（其他权利人同意书）",
    "等级保护备案证明",
    "同等学力证明",
    "平等协商记录",
    "市场主体登记（备案）申请书",
    "法定代表人、董事、监事和高级管理人员任职文件",
    "主要设备设施、经营布局、操作流程文件",
    "托幼机构卫生评价报告",
    "法定代表人和其他负责人的身份证明",
    "应当提交的其他股东身份证明",
    "高等学校招生计划",
    "三等功证书",
    "等额担保协议",
)


def verdict(text: str) -> str:
    """What the two patterns say of a text."""
    return "catch_all" if wording.catch_all(text) else "vague" if wording.vague(text) else "ok"


@pytest.mark.parametrize(
    ("text", "expected"),
    [(text, word) for texts, word in ((CATCH_ALL, "catch_all"), (VAGUE, "vague"), (OK, "ok")) for text in texts],
)
def test_verdict(text: str, expected: str) -> None:
    """Each string of the list is judged as the list says."""
    assert verdict(text) == expected


@given(st.sampled_from(CATCH_ALL + VAGUE + OK), st.data())
@settings(max_examples=100)
def test_white_space_changes_nothing(text: str, data: st.DataObject) -> None:
    """A space or line break inside a name does not hide its wording."""
    at = data.draw(st.integers(0, len(text)))
    assert verdict(text[:at] + " \n　" + text[at:]) == verdict(text)


@given(st.sampled_from(CATCH_ALL + VAGUE))
def test_a_quoted_title_is_not_our_wording(text: str) -> None:
    """Inside 《》 no pattern fires."""
    assert verdict(f"《{text}》") == "ok"


@pytest.mark.parametrize(
    ("text", "loose"),
    [
        ("社会保险相关事项", True),
        ("证照办理（含变更、注销等）", True),
        ("其他事项", True),
        ("食品经营许可（新办）", False),
        ("公众聚集场所投入使用、营业前消防安全检查", False),
        ("国（境）内出生登记", False),
        ("中等职业学校设立审批", False),
    ],
)
def test_item_names(text: str, loose: bool) -> None:
    """Names of items must say which matter they are."""
    assert bool(wording.loose_item_name(text)) is loose


@pytest.mark.parametrize(
    ("text", "unclear"),
    [
        ("具有一定的经营场所", True),
        ("有适当的管理人员", True),
        ("符合有关规定", True),
        ("具有良好的信誉", True),
        ("有与经营的食品品种、数量相适应的场所", False),
        ("场所面积不少于 50 平方米", False),
        ("经营场所与有毒、有害场所以及其他污染源保持规定的距离", False),
    ],
)
def test_conditions(text: str, unclear: bool) -> None:
    """A condition must be one that can be checked."""
    assert bool(wording.vague_condition(text)) is unclear


def test_same_name_key() -> None:
    """Width, case, space and punctuation do not make two names."""
    assert wording.same_name_key("营业执照（副本）") == wording.same_name_key("营业执照(副本) ")
    assert wording.same_name_key("营业执照") != wording.same_name_key("营业执照副本")
