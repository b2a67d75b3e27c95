"""Materials 申请材料: what each entry of the shared library must say, and what it may not ask."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from govflow.language.model import Material
from govflow.rules import wording
from govflow.rules.context import Context
from govflow.rules.types import Finding, finding
from govflow.text import Text


def catch_all_material(context: Context, material: Material) -> Iterator[Finding]:
    """兜底材料 / Catch-all material

    材料名称是“其他材料”一类的兜底条款，没有说清是哪一份。
    The name of a material is a catch-all and names no document.

    申请人无从准备，窗口却可以什么都要。
    The applicant cannot prepare it, and the window may ask for anything.

    来源：沪府办发〔2019〕8号：消除模糊条款、兜底条款

    坏：
        materials:
          M04: {name: 法律法规规定的其他材料}
    好：
        materials:
          M04: {name: 公司章程}
    """
    words = wording.catch_all(str(material.name))
    if words:
        yield finding(
            ("name",),
            f"材料名称“{material.name}”是兜底条款（{words}），没有说清是哪一份材料。",
            f"The material name {str(material.name)!r} is a catch-all ({words}).",
            help=Text("逐一列出要交的材料，或者删去这一条。", "List the documents one by one, or drop the entry."),
        )


def vague_material(context: Context, material: Material) -> Iterator[Finding]:
    """材料名称模糊 / Vague material name

    材料名称里有“相关”“有关”“等”“必要的”“若干”“适当”等模糊的词。
    The name of a material holds a word such as related, relevant, etc., necessary, several, appropriate.

    申请人不知道交哪一份才算对，窗口之间的标准也会不同。
    The applicant cannot know which document will do, and windows will judge differently.

    来源：沪府办发〔2019〕8号：消除模糊条款、兜底条款

    坏：
        materials:
          M03: {name: 使用土地的有关证明文件}
    好：
        materials:
          M03: {name: 不动产权证书}
    """
    words = wording.vague(str(material.name))
    if words:
        yield finding(
            ("name",),
            f"材料名称“{material.name}”用词模糊（{words}），应写出是哪一份材料。",
            f"The material name {str(material.name)!r} is vague ({words}); name the document.",
        )


def material_field_missing(context: Context, material: Material) -> Iterator[Finding]:
    """材料六要素缺项 / One of the six material fields missing

    材料没有写全名称、来源、类型、份数、形式、必要性。
    A material lacks its name, source, kind, copies, form or necessity.

    六要素是办事指南和受理清单的基础，缺一项就说不清要什么。
    Guide and checklist rest on these six; without one it is unclear what is asked.

    来源：沪府办发〔2019〕8号：规范材料名称、材料来源、材料类型、纸质材料份数、材料形式、材料必要性等内容

    坏：
        materials:
          M04: {necessity: , source: }
    好：
        materials:
          M04: {necessity: 必要, source: 申请人自备}
    """
    raw = context.raw("material", material.code)
    if not raw:
        return
    copies = raw.get("copies") is None and raw.get("originals") is None and raw.get("form") != "电子"
    missing = [key for key in ("name", "source", "kind", "form", "necessity") if not raw.get(key)]
    missing += ["copies"] if copies else []
    if missing:
        yield finding(
            (),
            f"材料“{material.name}”没有写{'、'.join(f'{_FIELDS[key]}（{key}）' for key in missing)}。",
            f"The material {str(material.name)!r} lacks {', '.join(missing)}.",
        )


def form_without_blank(context: Context, material: Material) -> Iterator[Finding]:
    """表格没有空白表 / Form without blank

    申请表格文书没有提供空白表格。
    A form has no blank file to fill in.

    没有空白表格，申请人无法填写。
    Without a blank nobody can fill it in.

    来源：沪府办发〔2019〕8号：示例样表、空白表格

    坏：
        materials:
          M01: {blank: }
    好：
        materials:
          M01: {blank: forms/application.docx}
    """
    if material.is_form and not material.blank:
        yield finding(
            (), f"表格“{material.name}”没有空白表格（blank）。", f"The form {str(material.name)!r} has no blank file."
        )


def form_without_sample(context: Context, material: Material) -> Iterator[Finding]:
    """表格没有样表或填写说明 / Form without sample or notes

    申请表格文书没有示例样表或填写说明。
    A form has no filled-in sample or no notes on how to fill it in.

    没有样表和说明，申请人容易填错，反复补正。
    Without them applicants make mistakes and must correct them.

    来源：重庆市（2017）：规范表格、填写说明和示范文本

    坏：
        materials:
          M01: {sample: , notes: }
    好：
        materials:
          M01: {sample: forms/application-sample.pdf, notes: 一式一份，法定代表人签字。}
    """
    if not material.is_form:
        return
    wanted = (("示例样表（sample）", "sample", material.sample), ("填写说明（notes）", "notes", material.notes))
    missing = [(zh, en) for zh, en, value in wanted if not value]
    if missing:
        yield finding(
            (),
            f"表格“{material.name}”没有{'、'.join(zh for zh, _ in missing)}。",
            f"The form {str(material.name)!r} has no {', no '.join(en for _, en in missing)}.",
        )


def too_many_copies(context: Context, material: Material) -> Iterator[Finding]:
    """份数过多 / Too many copies

    复印件超过一份，或者原件和复印件都要。
    More than one copy is asked, or both the original and a copy.

    一份就够；看过原件的不必再交复印件。
    One is enough; who has seen the original needs no copy.

    来源：重庆市（2017）：列明材料的名称、依据、格式、份数、签名签章等要求

    坏：
        materials:
          M04: {originals: 1, copies: 2}
    好：
        materials:
          M04: {originals: 0, copies: 1}
    """
    yield from _copies(material, material.originals, material.copies, ("copies",), None)
    for item, at, use in context.uses_of.get(material.code, ()):
        if use.copies is None and use.originals is None:
            continue
        originals = material.originals if use.originals is None else use.originals
        copies = material.copies if use.copies is None else use.copies
        yield from _copies(material, originals, copies, ("materials", at), ("item", item.code))


def form_against_copies(context: Context, material: Material) -> Iterator[Finding]:
    """形式与份数矛盾 / Form and copies disagree

    电子材料要求纸质份数，或纸质材料份数为零。
    An electronic material asks for paper copies, or a paper one for none.

    形式和份数必须说同一件事。
    Form and number of copies must say the same.

    来源：事项要素一致性：材料形式为电子的，纸质份数为 0

    坏：
        materials:
          M04: {form: 电子, copies: 1}
    好：
        materials:
          M04: {form: 电子, copies: 0}
    """
    papers = material.originals + material.copies
    raw = context.raw("material", material.code)
    if material.form == "电子" and papers > 0:
        yield finding(
            ("copies",) if material.copies else ("originals",),
            f"“{material.name}”是电子材料，却要 {papers} 份纸质材料。",
            f"{str(material.name)!r} is electronic, yet {papers} on paper are asked.",
        )
    elif material.form == "纸质" and papers == 0 and ("copies" in raw or "originals" in raw or not raw):
        yield finding(
            ("copies",),
            f"“{material.name}”是纸质材料，份数却是 0。",
            f"{str(material.name)!r} is on paper, but 0 copies are asked.",
        )


def file_rule_impossible(context: Context, material: Material) -> Iterator[Finding]:
    """电子文件要求无法满足 / File rule cannot be met

    电子文件要求自相矛盾：最小大于最大、格式不存在、大小为 0。
    The file rule contradicts itself: minimum above maximum, unknown format, size 0.

    谁也交不出这样的文件。
    Nobody can upload such a file.

    来源：网上审批附件规范：图片不低于640×480，不高于1600×1200，90KB以内

    坏：
        materials:
          M04: {file_rule: {formats: [jpg], min_pixels: 1600x1200, max_pixels: 640x480}}
    好：
        materials:
          M04: {file_rule: {formats: [jpg], min_pixels: 640x480, max_pixels: 1600x1200}}
    """
    for key, zh, en in _file_faults(material.file_rule or {}):
        yield finding(("file_rule", key), f"“{material.name}”的电子文件要求{zh}。", f"The file rule {en}.")


_FIELDS = {
    "name": "名称",
    "source": "来源",
    "kind": "类型",
    "form": "形式",
    "necessity": "必要性",
    "copies": "份数",
}
_FORMATS = frozenset(
    {"pdf", "ofd", "jpg", "jpeg", "png", "bmp", "gif", "tif", "tiff", "doc", "docx", "xls", "xlsx", "ppt", "pptx"}
    | {"wps", "et", "txt", "csv", "xml", "json", "dwg", "dxf", "zip", "rar", "7z", "mp4"}
)
_SIZE = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*([kmg]?)i?b?\s*\Z", re.IGNORECASE)
_PIXELS = re.compile(r"\s*([0-9]+)\s*[x×*]\s*([0-9]+)\s*\Z", re.IGNORECASE)
_BYTES = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}


def _copies(
    material: Material, originals: int, copies: int, path: tuple[str | int, ...], record: tuple[str, str] | None
) -> Iterator[Finding]:
    if copies > 1 or (originals and copies):
        both = f"原件 {originals} 份、" if originals else ""
        both_en = f"{originals} original(s) and " if originals else ""
        yield finding(
            path,
            f"“{material.name}”要{both}复印件 {copies} 份；一份就够。",
            f"{str(material.name)!r} asks for {both_en}{copies} copies; one is enough.",
            record=record,
        )


def _file_faults(rule: Mapping[str, object]) -> Iterator[tuple[str, str, str]]:
    formats = rule.get("formats")
    listed = [str(each) for each in formats] if isinstance(formats, list | tuple) else []
    unknown = [each for each in listed if each.lower().lstrip(".") not in _FORMATS]
    if unknown:
        yield "formats", f"有不认识的格式 {'、'.join(unknown)}", f"names unknown formats: {', '.join(unknown)}"
    least, most = _size(rule.get("min_size")), _size(rule.get("max_size"))
    if most == 0:
        yield "max_size", "的最大文件为 0", "allows 0 bytes at most"
    elif least is not None and most is not None and least > most:
        yield "min_size", "的最小文件大于最大文件", "has a minimum size above its maximum size"
    small, large = _pixels(rule.get("min_pixels")), _pixels(rule.get("max_pixels"))
    if small and large and (small[0] > large[0] or small[1] > large[1]):
        yield "min_pixels", "的最小像素大于最大像素", "has more pixels at least than at most"


def _size(value: object) -> float | None:
    match = _SIZE.match(str(value)) if value is not None else None
    return float(match[1]) * _BYTES[match[2].lower()] if match else None


def _pixels(value: object) -> tuple[int, int] | None:
    match = _PIXELS.match(str(value)) if value is not None else None
    return (int(match[1]), int(match[2])) if match else None
