"""Damage: rows that cannot be read are told as such, with the case that they belong to."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from govflow.engine import inputs
from govflow.engine.process import ProcessError
from govflow.engine.store import StoreError
from govflow.errors import ClockError, NotAllowed
from govflow.text import Text
from govflow.vocabulary import ErrorCode

DAMAGE = (
    ValueError, TypeError, LookupError, AttributeError, ArithmeticError, RecursionError, zlib.error, ProcessError,
)  # fmt: skip
"""What reading a row that somebody changed can raise; a caller's values were looked at before."""


def damaged(case: str, fault: BaseException) -> StoreError:
    """The error for a case whose rows cannot be read, or do not fit each other."""
    why = fault.en if isinstance(fault, ProcessError) else f"{type(fault).__name__} {inputs.shown(str(fault))}"
    return StoreError(
        Text(f"办件 {case} 存的内容已损坏，不能读取（{why}）；本次操作没有任何改动，请用 govflow db check 核对",
        f"what is stored of case {case} is damaged and cannot be read ({why}); nothing was changed; "
        "see govflow db check"), code=ErrorCode.DAMAGED, case=case,
    )  # fmt: skip


@contextmanager
def readable(case: str) -> Iterator[None]:
    """Reading a case's rows inside; StoreError where they cannot be read, NotAllowed where the calendar ends."""
    try:
        yield
    except ClockError as fault:
        raise NotAllowed(fault.message, code=fault.code) from fault
    except StoreError as fault:
        if "definition" not in fault.details:
            raise
        named = Text(f"办件 {case}：{fault.zh}", f"case {case}: {fault.en}")
        raise StoreError(named, code=fault.code, **(fault.details | {"case": case})) from fault
    except DAMAGE as fault:
        raise damaged(case, fault) from fault
