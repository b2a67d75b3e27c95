"""The documentation of the rules: one page a rule and an overview, made from the docstrings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from govflow.rules import RULES
from govflow.rules.types import Rule

GROUPS: Mapping[str, tuple[str, str]] = {
    "C": ("编码与身份", "Codes and identity"),
    "B": ("名称、依据、主体", "Names, basis, competent body"),
    "T": ("时限", "Time limits"),
    "M": ("材料", "Materials"),
    "F": ("条件、流程、角色", "Conditions, flow, roles"),
    "V": ("网办、到现场、渠道", "Online handling, visits, access"),
    "R": ("收费与结果", "Fees and results"),
    "H": ("一件事主题", "Themes"),
    "X": ("三级八同", "Consistency across levels"),
    "K": ("告知承诺、容缺、绿色通道", "Commitment, tolerance, green channel"),
}
_SEVERITY = {"error": "错误", "warning": "警告", "hint": "提示"}
_SCOPE = {
    "form": ("每份文件的写法和引用", "the form and the references of every file"),
    "item": ("事项", "items"),
    "record": ("每份定义", "every definition"),
    "material": ("材料库", "the material library"),
    "theme": ("一件事主题", "themes"),
    "catalog": ("全部定义", "all definitions together"),
    "versions": ("与上一版比较", "a release against the last one"),
    "levels": ("与上级标准比较", "an item against the level above"),
}
_WORDS = {
    "zh": ("级别：", "方案：", "检查对象：", "为什么：", "依据：", "会报告：", "不会报告：", "忽略这一处：", "理由"),
    "en": (
        "Severity: ",
        "Profile: ",
        "Looks at: ",
        "Why: ",
        "Source: ",
        "Reported:",
        "Not reported:",
        "To ignore it here:",
        "reason",
    ),
}


def rule_page(rule: Rule, lang: str = "zh") -> str:
    """A rule explained, as Markdown, in Chinese ("zh") or English ("en")."""
    zh = not lang.lower().startswith("en")
    text, words = rule.text, _WORDS["zh" if zh else "en"]
    severity = _SEVERITY[rule.severity.word] if zh else rule.severity.word
    lines = [
        f"# {rule.code} {rule.name}",
        "",
        f"**{text.title.text(lang)}**",
        "",
        f"{words[0]}{severity} · {words[1]}{rule.profile} · {words[2]}{_SCOPE[rule.scope][0 if zh else 1]}",
        "",
        text.what.text(lang),
        "",
        f"{words[3]}{text.why.text(lang)}",
        "",
        f"{words[4]}{text.source}",
        "",
        words[5].rstrip(),
        "",
        "```yaml",
        text.bad.rstrip("\n"),
        "```",
        "",
        words[6].rstrip(),
        "",
        "```yaml",
        text.good.rstrip("\n"),
        "```",
        "",
        words[7].rstrip(),
        "",
        "```yaml",
        f"# govflow: ignore[{rule.name}] {words[8]}",
        "```",
    ]
    return "\n".join(lines) + "\n"


def overview(lang: str = "zh") -> str:
    """All rules in one table a group, as Markdown."""
    zh = not lang.lower().startswith("en")
    counts = [sum(rule.severity.word == word for rule in RULES) for word in _SEVERITY]
    if zh:
        head = ["# 规则", "", "{} 条规则：{} 条错误、{} 条警告、{} 条提示。".format(len(RULES), *counts)]
        head += [
            "方案 core 只有错误，recommended 加上警告，strict 加上提示。",
            "例子里没有写出的部分取一份完整的定义。",
        ]
        columns = "| 代码 | 名称 | 级别 | 内容 |"
    else:
        head = ["# Rules", "", "{} rules: {} errors, {} warnings, {} hints.".format(len(RULES), *counts)]
        head += ["The profile core holds the errors, recommended adds the warnings, strict adds the hints."]
        head += ["What an example leaves out is taken from a complete definition."]
        columns = "| Code | Name | Severity | What |"
    lines = [*head]
    for letter, (title, english) in GROUPS.items():
        lines += ["", f"## {title if zh else english}", "", columns, "|---|---|---|---|"]
        for rule in RULES:
            if rule.code[3] == letter:
                severity = _SEVERITY[rule.severity.word] if zh else rule.severity.word
                link = f"[{rule.code}]({file_of(rule, lang)})"
                lines.append(f"| {link} | {rule.name} | {severity} | {rule.text.title.text(lang)} |")
    return "\n".join(lines) + "\n"


def file_of(rule: Rule, lang: str = "zh") -> str:
    """The name of a rule's page, such as GF-M01.md; English pages end in .en.md."""
    return f"{rule.code}{'.en' if lang.lower().startswith('en') else ''}.md"


def pages() -> dict[str, str]:
    """Every page by file name: the overviews and each rule, in both languages."""
    made = {"README.md": overview("zh"), "README.en.md": overview("en")}
    for rule in RULES:
        made |= {file_of(rule, lang): rule_page(rule, lang) for lang in ("zh", "en")}
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
