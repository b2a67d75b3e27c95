"""A small client of the Language Server Protocol: JSON-RPC over a program's standard input and output."""

import json
import queue
import subprocess
import threading
from pathlib import Path
from types import TracebackType
from typing import Any

from tests import node

SECONDS = 60.0  # a loaded machine starts node slowly; an answer takes milliseconds
_SETTINGS: dict[str, Any] = {
    "yaml": {
        "validate": True, "hover": True, "completion": True, "schemaStore": {"enable": False},
        "kubernetesCRDStore": {"enable": False},
    },
    "http": {},
}  # fmt: skip


class LanguageServer:
    """One running yaml-language-server. Lines and columns count from 0, as the protocol does."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._id = 0
        self._answers: dict[int, queue.Queue[dict[str, Any]]] = {}
        self._diagnostics: dict[str, queue.Queue[list[dict[str, Any]]]] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> "LanguageServer":
        self._process = subprocess.Popen(
            node.server(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=self._folder
        )
        threading.Thread(target=self._listen, daemon=True).start()
        markup = {"contentFormat": ["markdown"]}
        documentation = {"completionItem": {"snippetSupport": True, "documentationFormat": ["markdown", "plaintext"]}}
        self.ask(
            "initialize",
            {
                "processId": None,
                "rootUri": self._folder.as_uri(),
                "capabilities": {
                    "textDocument": {"hover": markup, "completion": documentation, "publishDiagnostics": {}},
                    "workspace": {"configuration": True},
                },
            },
        )
        self.tell("initialized", {})
        self.tell("workspace/didChangeConfiguration", {"settings": _SETTINGS})
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self.ask("shutdown", None)
                self.tell("exit", None)
        finally:
            self._process.kill()
            self._process.wait()

    def open(self, file: Path, text: str) -> list[dict[str, Any]]:
        """Open a file as an editor would; give the first diagnostics the server publishes about it."""
        uri = file.as_uri()
        self._of(uri)
        self.tell("textDocument/didOpen", {"textDocument": _document(uri, text)})
        return self._of(uri).get(timeout=SECONDS)

    def completion(self, file: Path, line: int, column: int) -> dict[str, dict[str, Any]]:
        """The proposals at a place, by label."""
        found = self.ask("textDocument/completion", _place(file, line, column))
        return {each["label"]: each for each in (found["items"] if isinstance(found, dict) else found)}

    def hover(self, file: Path, line: int, column: int) -> str:
        """What is shown about the word at a place; empty when nothing is."""
        found = self.ask("textDocument/hover", _place(file, line, column))
        if not found:
            return ""
        contents = found["contents"]
        return str(contents["value"] if isinstance(contents, dict) else contents)

    def ask(self, method: str, params: object) -> Any:
        """Send a request and wait for its result; RuntimeError when the server says it failed."""
        self._id += 1
        answer = self._answers.setdefault(self._id, queue.Queue())
        self._send({"id": self._id, "method": method, "params": params})
        found = answer.get(timeout=SECONDS)
        if "error" in found:
            raise RuntimeError(f"{method}: {found['error']}")
        return found["result"]

    def tell(self, method: str, params: object) -> None:
        """Send a notification: nothing comes back."""
        self._send({"method": method, "params": params})

    def _send(self, message: dict[str, Any]) -> None:
        body = json.dumps({"jsonrpc": "2.0", **message}).encode()
        stdin = self._process.stdin
        assert stdin is not None
        with self._lock:
            stdin.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
            stdin.flush()

    def _listen(self) -> None:
        stdout = self._process.stdout
        assert stdout is not None
        while line := stdout.readline():
            length = 0
            while line.strip():
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
                line = stdout.readline()
            self._take(json.loads(stdout.read(length)))

    def _take(self, message: dict[str, Any]) -> None:
        if "method" not in message:
            self._answers[message["id"]].put(message)
        elif message["method"] == "textDocument/publishDiagnostics":
            self._of(message["params"]["uri"]).put(message["params"]["diagnostics"])
        elif "id" in message:  # the server asks: its settings, or leave to register something
            asked = message["params"].get("items", ()) if message["method"] == "workspace/configuration" else None
            result = None if asked is None else [_SETTINGS.get(each.get("section", "")) for each in asked]
            self._send({"id": message["id"], "result": result})

    def _of(self, uri: str) -> "queue.Queue[list[dict[str, Any]]]":
        return self._diagnostics.setdefault(uri, queue.Queue())


def _document(uri: str, text: str) -> dict[str, object]:
    return {"uri": uri, "languageId": "yaml", "version": 1, "text": text}


def _place(file: Path, line: int, column: int) -> dict[str, object]:
    return {"textDocument": {"uri": file.as_uri()}, "position": {"line": line, "character": column}}
