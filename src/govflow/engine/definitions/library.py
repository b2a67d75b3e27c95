"""The definitions an engine runs: the newest of the catalog, and those that running cases pinned."""

from __future__ import annotations

from govflow.compiler import to_bpmn
from govflow.engine.definitions import bundle, elements
from govflow.engine.definitions.compiled import Subject, subject_from
from govflow.engine.store import Database, DefinitionRow, Statements, StoreError
from govflow.errors import NotFound
from govflow.language.model import Catalog
from govflow.text import Text


class Library:
    """Compiles each definition once; a case keeps the hash that it got at its application."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._subjects: dict[str, Subject] = {}
        self._digests: dict[str, str] = {}
        self._sources: dict[str, tuple[bytes, bytes]] = {}
        self._stored: set[str] = set()

    def code(self, ref: str) -> str:
        """The code of a theme or an item named by code or slug; NotFound names what there is."""
        if ref in self.catalog.themes:
            return self.catalog.themes[ref].code
        if ref in self.catalog.items:
            return self.catalog.items[ref].code
        known = "、".join([t.slug for t in self.catalog.themes.values()] or list(self.catalog.items))
        raise NotFound(
            Text(f"没有名为 {ref!r} 的事项或一件事；现有一件事：{known}", f"no item or theme {ref!r}; themes: {known}"),
            ref=ref,
        )

    def newest(self, code: str) -> Subject:
        """The catalog's definition, compiled."""
        digest = self._digests.get(code)
        if digest is None:
            digest = self._digests[code] = bundle.definition_hash(self.catalog, code)
        subject = self._subjects.get(digest)
        if subject is None or digest not in self._sources:
            closed = bundle.bundle(self.catalog, code)
            catalog = bundle.catalog_from_bundle(closed)
            xml = to_bpmn(code, catalog)
            self._sources[digest] = (closed, xml)
            subject = self._subjects[digest] = subject_from(code, catalog, digest, xml)
        return subject

    def keep(self, subject: Subject, statements: Statements, now: str) -> None:
        """Make sure that the definition is in the database before a case refers to it."""
        if subject.digest not in self._stored and not statements.has_definition(subject.digest):
            closed, xml = self._sources[subject.digest]
            table = elements.written(subject.table)
            statements.keep_definition(DefinitionRow(subject.digest, subject.ref, closed, xml, table), now)

    def committed(self, subject: Subject) -> None:
        """Remember, after the commit, that the definition is stored."""
        self._stored.add(subject.digest)

    def pinned(self, digest: str, statements: Statements) -> Subject:
        """The definition that a case got at its application, whatever the folder says today."""
        subject = self._subjects.get(digest)
        if subject is None:
            stored = statements.definition(digest)
            if stored is None:
                raise NotFound(
                    Text(f"数据库里没有定义 {digest[:12]}", f"definition {digest[:12]} is not in the database")
                )
            subject = self._subjects[digest] = _stored_subject(stored)
        return subject


def _stored_subject(row: DefinitionRow) -> Subject:
    return subject_from(row.ref, bundle.catalog_from_bundle(row.bundle), row.hash, row.bpmn, row.elements)


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
                    statements.complete_definition(digest, elements.written(_stored_subject(stored).table))
            except StoreError as fault:
                faults.append(fault)
    if faults:
        raise StoreError(
            Text("\n".join(fault.zh for fault in faults), "\n".join(fault.en for fault in faults)),
            definitions=[fault.details["definition"] for fault in faults],
        )
    return versions
