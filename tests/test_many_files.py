"""Many files are read by several processes: what comes back is what reading them here gives."""

from pathlib import Path

import pytest

from govflow.source import Document, read
from govflow.validation import files

ROOT = Path(__file__).resolve().parent.parent


def said(document: Document) -> tuple[object, ...]:
    """Everything that a document says, places included."""
    return (
        document.file, document.text, document.data, document.kind, document.root, document.broken,
        document.diagnostics, document.suppressions, document.span(("materials", 0)),
    )  # fmt: skip


def test_handed_over_documents_say_the_same() -> None:
    """Sound files travel as bytes, files with findings, repairs or comments as objects; nothing is lost."""
    texts = {path.name: path.read_bytes() for path in sorted((ROOT / "definitions" / "items").glob("f*.yaml"))}
    texts |= {
        "tab.yaml": b"govflow: item/1\nname:\t\xe7\x94\xb2\n",
        "bad.yaml": b"a: [",
        "empty.yaml": b"",
        "gbk.yaml": b"\xbc\xd7",
    }
    texts["deep.yaml"] = b"govflow: item/1\nx: " + b"[" * 90 + b"]" * 90 + b"\n"
    here = [read(raw, name) for name, raw in texts.items()]
    handed = files._unpacked(files._read_packed(list(texts.items())))
    assert [said(each) for each in handed] == [said(each) for each in here]


def test_several_processes_read_a_tree_in_its_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """The pool is used from the set number of files on, and keeps the order of the files."""
    monkeypatch.setattr(files, "_MANY", 2)
    monkeypatch.setattr(files, "_BATCH", 3)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    tree = files.tree_of([str(ROOT / "definitions")])
    told: list[int] = []
    documents = files.read_all(tree, lambda done, _: told.append(done))
    assert [each.file for each in documents] == list(tree.contents)
    assert told[-1] == len(documents) and all(each.data for each in documents)
