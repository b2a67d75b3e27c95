"""The documentation of the rules: one page a rule and an overview, made from the docstrings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from govflow.diagnostics import Severity
from govflow.rules import RULES
from govflow.rules.types import Rule, Scope
from govflow.text import Lang, Text

GROUPS: Mapping[str, Text] = {
    "C": Text("编码与身份", "Codes and identity"),
    "B": Text("名称、依据、主体", "Names, basis, competent body"),
    "T": Text("时限", "Time limits"),
    "M": Text("材料", "Materials"),
    "F": Text("条件、流程、角色", "Conditions, flow, roles"),
    "V": Text("网办、到现场、渠道", "Online handling, visits, access"),
    "R": Text("收费与结果", "Fees and results"),
    "H": Text("一件事主题", "Themes"),
    "X": Text("三级八同", "Consistency across levels"),
    "K": Text("告知承诺、容缺、绿色通道", "Commitment, tolerance, green channel"),
}
_SCOPE: Mapping[Scope, Text] = {
    "form": Text("每份文件的写法和引用", "the form and the references of every file"),
    "item": Text("事项", "items"),
    "record": Text("每份定义", "every definition"),
    "material": Text("材料库", "the material library"),
    "theme": Text("一件事主题", "themes"),
    "catalog": Text("全部定义", "all definitions together"),
    "versions": Text("与上一版比较", "a release against the last one"),
    "levels": Text("与上级标准比较", "an item against the level above"),
}
_CODE = "```yaml\n{}```"
_OVERVIEW = Text(
    """\
# 规则

{} 条规则：{} 条错误、{} 条警告、{} 条提示。
方案 core 只有错误，recommended 加上警告，strict 加上提示。
例子里没有写出的部分取一份完整的定义。
""",
    """\
# Rules

{} rules: {} errors, {} warnings, {} hints.
The profile core holds the errors, recommended adds the warnings, strict adds the hints.
What an example leaves out is taken from a complete definition.
""",
)
_COLUMNS = Text("| 代码 | 名称 | 级别 | 内容 |", "| Code | Name | Severity | What |")


def rule_page(rule: Rule, lang: Lang) -> str:
    """A rule explained, as Markdown."""
    text, severity, scope = rule.text, rule.severity.label, _SCOPE[rule.scope]
    parts = (
        Text(f"# {rule.code} {rule.name}"),
        Text(f"**{text.title.zh}**", f"**{text.title.en}**"),
        Text(
            f"级别：{severity.zh} · 方案：{rule.profile} · 检查对象：{scope.zh}",
            f"Severity: {severity.en} · Profile: {rule.profile} · Looks at: {scope.en}",
        ),
        text.what,
        Text(f"为什么：{text.why.zh}", f"Why: {text.why.en}"),
        Text(f"依据：{text.source}", f"Source: {text.source}"),
        Text("会报告：", "Reported:"),
        Text(_CODE.format(text.bad)),
        Text("不会报告：", "Not reported:"),
        Text(_CODE.format(text.good)),
        Text("忽略这一处：", "To ignore it here:"),
        Text(*(_CODE.format(f"# govflow: ignore[{rule.name}] {reason}\n") for reason in ("理由", "reason"))),
    )
    return "\n\n".join(part.text(lang) for part in parts) + "\n"


def overview(lang: Lang) -> str:
    """All rules in one table a group, as Markdown."""
    counts = [sum(rule.severity is severity for rule in RULES) for severity in Severity]
    page = _OVERVIEW.text(lang).format(len(RULES), *counts)
    for letter, title in GROUPS.items():
        page += f"\n## {title.text(lang)}\n\n{_COLUMNS.text(lang)}\n|---|---|---|---|\n"
        for rule in RULES:
            if rule.code[3] == letter:
                link = f"[{rule.code}]({file_of(rule, lang)})"
                page += f"| {link} | {rule.name} | {rule.severity.label.text(lang)} | {rule.text.title.text(lang)} |\n"
    return page


def file_of(rule: Rule, lang: Lang) -> str:
    """The name of a rule's page, such as GF-M01.md; English pages end in .en.md."""
    return f"{rule.code}{'.en' if lang is Lang.EN else ''}.md"


def pages() -> dict[str, str]:
    """Every page by file name: the overviews and each rule, in both languages."""
    made = {"README.md": overview(Lang.ZH), "README.en.md": overview(Lang.EN)}
    for rule in RULES:
        made |= {file_of(rule, lang): rule_page(rule, lang) for lang in Lang}
    return made


def write_pages(folder: str | Path) -> tuple[str, ...]:
    """Write every page into a folder, made if need be; the names of the files that changed."""
    target = Path(folder)
    target.mkdir(parents=True, exist_ok=True)
    changed = []
    for name, text in pages().items():
        path = target / name
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8", newline="\n")
            changed.append(name)
    return tuple(changed)
