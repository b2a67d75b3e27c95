"""Checking many item files on all cores.

A worker reads, checks and releases a file; what comes back is a short text. Nothing large stays in memory, and handing
over costs little beside the work.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
import copyreg
import gc
import importlib
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from types import MappingProxyType
from typing import Any

from govflow.catalog.each import Environment, check_item_file, compare, is_item
from govflow.language.source import read
from govflow.validation.cache import content_digest
from govflow.validation.files import content_of
from govflow.validation.serialize import dumps

Progress = Callable[[int, int], None]
_BATCH = 50  # files checked at once, between two reports of progress
_LOOK_SECONDS = 1.0
_MANY = 300  # from so many files on, starting processes costs less than it saves

Source = tuple[str, bytes | None, str]
"""A file's name, its content where that is not what stands on disk, and the digest it must have to be compared."""
Job = tuple[Source, ...]
"""A file to be checked, or two to be compared: an item and the same at the level above."""


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """What became of a job: the digests of the contents, and what was found (`serialize.dumps`).

    `text` is empty for a file that is no item after all and for a pair that has changed; `fault` is what the system said
    when a file could not be read.
    """

    names: tuple[str, ...]
    digests: tuple[str, ...]
    text: str = ""
    fault: OSError | None = None


def outcomes(environment: Environment, jobs: Sequence[Job], progress: Progress | None) -> Iterator[CheckedFile]:
    """Check or compare, in order and on all cores where there is much to do.

    `progress` is called with how many jobs are done and how many there are.
    """
    done = 0
    for batch in _batches(environment, jobs):
        yield from batch
        done += len(batch)
        if progress is not None:
            progress(done, len(jobs))


def _batches(environment: Environment, jobs: Sequence[Job]) -> Iterator[list[CheckedFile]]:
    batches = [jobs[at : at + _BATCH] for at in range(0, len(jobs), _BATCH)]
    finished = 0
    cores = _cores()
    if cores > 1 and len(jobs) >= _MANY and _may_start():
        try:
            # named in full, so that what starts processes is loaded where some are started: 6 ms of every other run
            with concurrent.futures.ProcessPoolExecutor(
                min(cores, 8), _context(), initializer=_begin, initargs=(environment,)
            ) as pool:
                for batch in pool.map(_work, batches):
                    finished += 1
                    yield batch
        except (OSError, concurrent.futures.BrokenExecutor, RuntimeError, NotImplementedError):
            # Where no processes or threads can be started (some containers), one core does the work.
            for started in importlib.import_module("multiprocessing").active_children():
                started.terminate()
    for jobs in islice(batches, finished, None):
        yield [_outcome(environment, job) for job in jobs]


_FORKS = sys.platform == "linux"


def _context() -> Any:
    """How processes are started, whatever the default of this Python: forked on Linux, where that is safe and fast."""
    return importlib.import_module("multiprocessing").get_context("fork" if _FORKS else "spawn")


def _may_start() -> bool:
    """Whether processes may be started: a fork would keep the locks that other threads hold, for ever.

    Starting them another way would run an unguarded main module again, so beside threads one core does the work.
    """
    return not _FORKS or threading.active_count() == 1


def _cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_environment: Environment | None = None


def _begin(environment: Environment) -> None:
    global _environment
    _environment = environment
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever interrupts means the whole run, which ends its workers
    with contextlib.suppress(RuntimeError):  # no thread to be had
        threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    gc.disable()  # documents are freed as they are released; a sweep would walk the environment again and again


def _end_with(parent: int) -> None:
    """A worker whose parent was killed ends too: nobody would read what it finds."""
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    os._exit(1)


def _work(jobs: Iterable[Job]) -> list[CheckedFile]:
    assert _environment is not None
    return [_outcome(_environment, job) for job in jobs]


def _outcome(environment: Environment, job: Job) -> CheckedFile:
    names = tuple(name for name, _, _ in job)
    try:
        contents = [content_of(name) if raw is None else raw for name, raw, _ in job]
    except OSError as fault:
        return CheckedFile(names, (), fault=fault)
    digests = tuple(map(content_digest, contents))
    if len(job) > 1 and digests != tuple(digest for _, _, digest in job):
        return CheckedFile(names, digests)  # written to since it was checked
    first, *above = (read(raw, name) for name, raw in zip(names, contents, strict=True))
    if above:
        return CheckedFile(names, digests, dumps(tuple(compare(first, above[0], environment))))
    if not is_item(first):
        return CheckedFile(names, digests)
    return CheckedFile(names, digests, dumps(check_item_file(first, environment)))


@contextlib.contextmanager
def steady_memory() -> Iterator[None]:
    """Hold off the garbage collector while much is made and released: nothing in it is a cycle.

    Measured: reading and checking 2,000 files takes 1.75 times as long with it.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


def _reduced(mapping: Any) -> tuple[Any, ...]:
    return _frozen, (dict(mapping),)


def _frozen(entries: dict[Any, Any]) -> Mapping[Any, Any]:
    return MappingProxyType(entries)


# Records hold read-only mappings, which pickle does not know; a worker that is not forked gets the environment pickled.
copyreg.pickle(MappingProxyType, _reduced)
