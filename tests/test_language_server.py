"""What an analyst's editor shows: the npm yaml-language-server, driven over stdio, with the schemas govflow writes."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from govflow.cli import cli
from govflow.language import schema
from tests import node
from tests.language_client import LanguageServer

MODELINE = "# yaml-language-server: $schema="


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one new item, as `govflow new` leaves it."""
    folder = tmp_path_factory.mktemp("编辑 器")  # a path that must be escaped in a URI
    done = CliRunner().invoke(cli, ["new", "item", "小餐饮登记", "--definitions", str(folder / "definitions")])
    assert done.exit_code == 0, done.output
    return folder


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[LanguageServer]:
    """One running server for the tests of this file."""
    try:
        node.server()
    except node.NoTool as missing:
        pytest.skip(str(missing))
    with LanguageServer(folder) as server:
        yield server


def _skeleton(folder: Path) -> tuple[Path, str]:
    file = folder / "definitions" / "items" / "小餐饮登记.yaml"
    return file, file.read_text("utf-8")


def _line(text: str, start: str) -> int:
    return next(number for number, line in enumerate(text.splitlines()) if line.startswith(start))


def _open(server: LanguageServer, folder: Path, name: str, body: str) -> tuple[Path, list[dict[str, Any]]]:
    """A new file beside the skeleton, with its modeline."""
    skeleton, text = _skeleton(folder)
    file = skeleton.with_name(name)
    return file, server.open(file, text.splitlines()[0] + "\n" + body)


def _shown(proposal: dict[str, Any]) -> str:
    found = proposal.get("documentation") or ""
    return str(found["value"] if isinstance(found, dict) else found)


def _is_chinese(text: str) -> bool:
    return any("\u4e00" <= each <= "\u9fff" for each in text)


def test_the_modeline_leads_to_what_schema_prints(folder: Path) -> None:
    """The first line of a new item names a file that is there and holds what `govflow schema item` prints."""
    file, text = _skeleton(folder)
    first = text.splitlines()[0]
    assert first.startswith(MODELINE)
    written = (file.parent / first.removeprefix(MODELINE)).read_text("utf-8")
    printed = CliRunner().invoke(cli, ["schema", "item"])
    assert json.loads(written) == json.loads(printed.output) == schema.schema("item")


def test_a_new_item_has_nothing_to_complain_about(server: LanguageServer, folder: Path) -> None:
    """The skeleton is clean in the editor, so the server reads the schema and understands it."""
    file, text = _skeleton(folder)
    assert server.open(file, text) == []


def test_keys_are_proposed_with_chinese_descriptions(server: LanguageServer, folder: Path) -> None:
    """At the top of an item every key is proposed, each with its Chinese name and what to write."""
    file, _ = _open(server, folder, "keys.yaml", "govflow: item/1\n\n")
    proposed = server.completion(file, 2, 0)
    keys = schema.schema("item")["properties"].keys() - {"govflow"}
    assert keys <= proposed.keys()
    assert not [key for key in keys if not _is_chinese(_shown(proposed[key]))]
    assert _shown(proposed["department"]).startswith("实施部门：部门库里的编号或短名")
    assert _shown(proposed["audience"]).startswith("服务对象")


def test_the_snippet_of_a_new_item_is_proposed(server: LanguageServer, folder: Path) -> None:
    """The snippet 新事项 writes the frame of an item."""
    file, _ = _open(server, folder, "snippet.yaml", "govflow: item/1\n\n")
    snippet = server.completion(file, 2, 0)["新事项"]
    assert "type: 行政许可" in snippet["insertText"]


def test_inner_keys_are_proposed(server: LanguageServer, folder: Path) -> None:
    """Inside `limits` the limits are proposed, inside a step of the flow the kinds of step."""
    body = "govflow: item/1\nlimits:\n  \nflow:\n  - \n"
    file, _ = _open(server, folder, "inner.yaml", body)
    limits = server.completion(file, 3, 2)
    assert {"statutory", "promised", "correction_notice", "delivery", "warning"} <= limits.keys()
    assert _shown(limits["delivery"]).endswith("行政许可法第四十四条：十日")
    steps = server.completion(file, 5, 4)
    assert {"accept", "review", "decide", "deliver", "together"} <= steps.keys()


def test_values_are_proposed_with_what_they_mean(server: LanguageServer, folder: Path) -> None:
    """After `case_type:` the two kinds are proposed, each explained."""
    file, _ = _open(server, folder, "values.yaml", "govflow: item/1\ncase_type: \n")
    values = server.completion(file, 2, 11)
    assert {label: _shown(each) for label, each in values.items()} == {
        "即办件": "当场办结，承诺时限为 0",
        "承诺件": "在承诺时限内办结",
    }


@pytest.mark.parametrize(
    ("start", "said"),
    [
        ("name:", ("事项名称",)),
        ("department:", ("实施部门", "部门库里的编号或短名")),
        ("case_type:", ("办件类型", "`承诺件`: 在承诺时限内办结", "`即办件`: 当场办结，承诺时限为 0")),
        ("level:", ("行使层级", "`市级`")),
        ("flow:", ("办理流程",)),
    ],
)
def test_a_key_is_explained_in_chinese(server: LanguageServer, folder: Path, start: str, said: tuple[str, ...]) -> None:
    """Pointing at a key shows its Chinese title, its description and the values it takes."""
    _, text = _skeleton(folder)
    file, _ = _open(server, folder, f"hover-{start[:-1]}.yaml", text.partition("\n")[2])
    shown = server.hover(file, _line(text, start), 2)
    assert all(each in shown for each in said), shown


def test_mistakes_are_marked_where_they_stand(server: LanguageServer, folder: Path) -> None:
    """An unknown key and a value that is not allowed are errors on exactly their characters."""
    _, text = _skeleton(folder)
    wrong = text.replace("case_type: 承诺件", "case_type: 承诺").replace("version:", "versoin:")
    _, found = _open(server, folder, "wrong.yaml", wrong.partition("\n")[2])
    places = {
        (each["range"]["start"]["line"], each["range"]["start"]["character"], each["range"]["end"]["character"]): each
        for each in found
    }
    enum, key = (_line(wrong, "case_type:"), 11, 13), (_line(wrong, "versoin:"), 0, 7)
    assert places.keys() == {enum, key}
    assert {each["severity"] for each in found} == {1}
    assert "承诺件" in places[enum]["message"] and "办件类型" in places[enum]["source"]
    assert "versoin" in places[key]["message"]


def test_a_missing_key_is_named(server: LanguageServer, folder: Path) -> None:
    """An item without its department is told so."""
    _, text = _skeleton(folder)
    rest = "\n".join(line for line in text.splitlines()[1:] if not line.startswith("department:"))
    _, found = _open(server, folder, "missing.yaml", rest)
    assert any("department" in each["message"] for each in found), found


@pytest.mark.parametrize("kind", schema.KINDS)
def test_every_kind_can_be_written_in_the_editor(server: LanguageServer, folder: Path, kind: str) -> None:
    """Each schema that `govflow new` writes is understood by the server: it proposes that kind's keys, explained."""
    file = folder / "definitions" / f"{kind}.kind.yaml"
    server.open(file, f"{MODELINE}../.govflow/schemas/{kind}.schema.json\ngovflow: {kind}/1\n\n")
    proposed = server.completion(file, 2, 0)
    keys = schema.schema(kind)["properties"].keys() - {"govflow"}
    assert keys <= proposed.keys()
    assert all(_is_chinese(_shown(proposed[key])) for key in keys)
