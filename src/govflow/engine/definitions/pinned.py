"""The definitions an engine runs: the newest of the catalog, and those that running cases pinned."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache

from govflow.compiler import to_bpmn
from govflow.engine import inputs
from govflow.engine.damage import DAMAGE
from govflow.engine.definitions import bundle, elements
from govflow.engine.definitions.compiled import CompiledDefinition, compiled_from
from govflow.engine.store import Database, DefinitionRow, Statements, StoreError
from govflow.errors import GovflowError, NotFound
from govflow.language.lookup import find_subject
from govflow.language.model import Catalog
from govflow.text import Text


@dataclass(frozen=True, slots=True)
class _Newest:
    """The catalog's own definition: compiled, with the closed set of files and the BPMN that are stored of it."""

    subject: CompiledDefinition
    bundle: bytes
    bpmn: bytes


class Definitions:
    """Compiles each definition once; a case keeps the hash that it got at its application."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._newest: dict[str, _Newest] = {}
        self._pinned: dict[str, CompiledDefinition] = {}
        self._kept: dict[str, CompiledDefinition] = {}

    def code(self, ref: str) -> str:
        """The code of a theme or an item named by code or slug; NotFound names what there is."""
        return find_subject(self.catalog, ref).code

    def newest(self, code: str) -> CompiledDefinition:
        """The catalog's definition, compiled."""
        return self._compiled(code).subject

    def _compiled(self, code: str) -> _Newest:
        found = self._newest.get(code)
        if found is None:
            closed = bundle.bundle(self.catalog, code)
            catalog = bundle.catalog_from_bundle(closed)
            xml = to_bpmn(code, catalog)
            subject = compiled_from(code, catalog, bundle.definition_hash(self.catalog, code), xml)
            found = self._newest[code] = _Newest(subject, closed, xml)
        return found

    def keep(self, code: str, statements: Statements, now: str) -> CompiledDefinition:
        """The catalog's definition under the hash that the database has it by; it is stored before a case refers to it.

        The same files may be there with another BPMN, which an older compiler made: running cases keep that one, and the
        new one is stored beside it, under a hash of both.
        """
        kept = self._kept.get(code)
        if kept is not None:
            return kept
        new = self._compiled(code)
        digest = new.subject.digest
        stored = statements.definition(digest)
        if stored is not None and stored.bpmn != new.bpmn:
            digest = _hash_with(digest, new.bpmn)
            stored = statements.definition(digest)
        subject = new.subject if digest == new.subject.digest else replace(new.subject, digest=digest)
        if stored is None:
            row = DefinitionRow(digest, subject.ref, new.bundle, new.bpmn, elements.written(subject.table))
            statements.keep_definition(row, now)
        return subject

    def committed(self, subject: CompiledDefinition) -> None:
        """Remember, after the commit, that the catalog's definition is stored."""
        self._kept[subject.ref] = self._pinned[subject.digest] = subject

    def forget(self) -> None:
        """Do not rely on what is stored: the next application looks whether its definition is."""
        self._kept.clear()

    def pinned(self, digest: str, statements: Statements) -> CompiledDefinition:
        """The definition that a case got at its application, whatever the folder says today."""
        subject = self._pinned.get(digest)
        if subject is None:
            stored = statements.definition(digest)
            if stored is None:
                raise NotFound(
                    Text(f"数据库里没有定义 {digest[:12]}", f"definition {digest[:12]} is not in the database")
                )
            subject = self._pinned[digest] = _stored_definition(stored)
        return subject


def _hash_with(files: str, bpmn: bytes) -> str:
    """The hash of a definition whose files are stored already, with another BPMN."""
    return hashlib.sha256(files.encode() + bpmn).hexdigest()


def faults(row: DefinitionRow) -> Iterator[Text]:
    """What of a stored definition does not fit: its files and their hash; its table and its BPMN.

    The table and the BPMN of an older compiler are taken as they are: the present one cannot make them again.
    """
    files, bpmn, table = _made_of(row.ref, row.bundle)
    if row.hash not in (files, _hash_with(files, row.bpmn)):
        yield Text(f"定义 {row.hash[:12]} 的文件与其哈希不符，内容被改动过",
                   f"the files of definition {row.hash[:12]} do not fit its hash: they were changed")  # fmt: skip
    elif row.bpmn == bpmn and row.elements not in (table, None):
        yield Text(f"定义 {row.hash[:12]} 的元素表与其文件不同，内容被改动过",
                   f"the table of elements of definition {row.hash[:12]} is not that of its files")  # fmt: skip


@lru_cache(maxsize=64)
def _made_of(ref: str, files: bytes) -> tuple[str, bytes, str]:
    """The hash of these files, and the BPMN and the table of its elements that the present compiler makes of them."""
    digest, bpmn, table = bundle.hash_of(files), b"", ""
    try:
        catalog = bundle.catalog_from_bundle(files)
        bpmn = to_bpmn(ref, catalog)
        table = elements.written(compiled_from(ref, catalog, digest, bpmn).table)
    except GovflowError:
        pass  # an older language or compiler, which cases still run by
    return digest, bpmn, table


def _stored_definition(row: DefinitionRow) -> CompiledDefinition:
    try:
        return compiled_from(row.ref, bundle.catalog_from_bundle(row.bundle), row.hash, row.bpmn, row.elements)
    except StoreError:
        raise
    except (GovflowError, *DAMAGE) as fault:  # the row was damaged: its cases stop, and say why
        why = (
            fault.message if isinstance(fault, GovflowError) else Text(f"{type(fault).__name__} {inputs.shown(fault)}")
        )
        raise StoreError(
            Text(f"数据库里的定义 {row.hash[:12]} 不能读取：{why}",
                 f"the stored definition {row.hash[:12]} cannot be read: {why.text('en')}"), definition=row.hash,
        ) from fault  # fmt: skip


def upgrade(database: Database) -> tuple[str | None, str]:
    """Create or migrate the tables, and complete the definitions that older versions stored.

    Returns the version of the tables before and after. Raises StoreError, which names the definitions, if some of them
    cannot be completed; all others are then complete, and nothing else has changed.
    """
    versions = database.upgrade()
    faults: list[StoreError] = []
    with database.write() as connection:
        statements = Statements(connection)
        for digest in statements.definitions_without_elements():
            stored = statements.definition(digest)
            try:
                if stored is not None:
                    statements.complete_definition(digest, elements.written(_stored_definition(stored).table))
            except StoreError as fault:
                faults.append(fault)
    if faults:
        raise StoreError(
            Text("\n".join(fault.zh for fault in faults), "\n".join(fault.en for fault in faults)),
            definitions=[fault.details["definition"] for fault in faults],
        )
    return versions
