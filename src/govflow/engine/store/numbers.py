"""Numbers of a series, such as the cases of a day, handed out in blocks to those who apply at once.

A number that is counted inside an application keeps the series' row locked until it commits, so the applications of a day
wait for each other. A block is taken in a transaction of its own before, which is over at once. What is left of it when a
process ends is never used: a series may have gaps, and numbers of different processes are not in the order of time.
Without it (`take` giving None) everything works the same, one application after the other.
"""

from __future__ import annotations

import os
from collections import deque
from typing import NamedTuple

from govflow.engine.store.database import Database
from govflow.engine.store.statements import Statements

BLOCK = 32
"""The most numbers taken at once. The first block is of one number and each is twice the last: few are left unused."""


class Number(NamedTuple):
    """A number and its series."""

    series: str
    value: int


class _Block(NamedTuple):
    process: int
    series: str
    left: deque[int]
    next_size: int


class Numbers:
    """The numbers that one engine has in hand, of one series: the one that was asked for last.

    On SQLite there are none, since it has one writer anyway.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._block: _Block | None = None

    def follow(self, series: str) -> None:
        """Have numbers of this series in hand from now on."""
        if not self._database.sqlite and (self._block is None or self._block.series != series):
            self._block = _Block(os.getpid(), series, deque(), 1)

    def take(self) -> Number | None:
        """A number that nobody else gets; None where there is none in hand. To be called outside any transaction."""
        block = self._block
        if block is None:
            return None
        try:
            if block.process == os.getpid():  # what a forked process was left with belongs to the other one
                return Number(block.series, block.left.popleft())
        except IndexError:  # used up; two threads that find this take a block each, and one of the two is a gap
            pass
        size = block.next_size if block.process == os.getpid() else 1
        with self._database.write() as connection:
            last = Statements(connection).count_on(block.series, size)
        first, *rest = range(last - size + 1, last + 1)
        self._block = _Block(os.getpid(), block.series, deque(rest), min(2 * size, BLOCK))
        return Number(block.series, first)

    def give_back(self, number: Number) -> None:
        """A number that no case was given is the next one again."""
        block = self._block
        if block is not None and (block.process, block.series) == (os.getpid(), number.series):
            block.left.appendleft(number.value)
