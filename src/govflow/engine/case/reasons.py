"""Reasons that the engine gives by itself: kept in the log in Chinese, told in the reader's language."""

from __future__ import annotations

from govflow.text import Text

DEEMED_WITHDRAWN = Text("逾期未补正，视为撤回申请", "not corrected in time, deemed withdrawn")
DEEMED_REFUSED = Text("逾期未补正，不予许可", "not corrected in time, refused")
DEEMED_NOT_ACCEPTED = Text("逾期未补正，不予受理", "not corrected in time, not accepted")
SILENCE = Text("逾期未回复，视为无异议", "no answer in time, no objection")
NOT_GRANTED = Text("前置事项不予许可", "an item that it needs was refused")
NOT_VERIFIED = Text("核验未通过", "an item that it needs was not verified")
CALENDAR = Text("日历更新为", "the calendar is now")

_ALONE = {r.zh: r for r in (DEEMED_WITHDRAWN, DEEMED_REFUSED, DEEMED_NOT_ACCEPTED, SILENCE)}
_WITH_DETAIL = ((NOT_GRANTED, "："), (NOT_VERIFIED, "："), (CALENDAR, " "))


def because(reason: Text, detail: str) -> str:
    """A reason with what it is about, as the log keeps it."""
    return f"{reason.zh}{dict(_WITH_DETAIL)[reason]}{detail}"


def told(reason: str) -> Text:
    """A reason of the log in both languages; what a person wrote is told as it was written."""
    found = _ALONE.get(reason)
    if found is not None:
        return found
    for known, sign in _WITH_DETAIL:
        if reason.startswith(known.zh + sign):
            return Text(reason, f"{known.en}{': ' if sign == '：' else ' '}{reason.removeprefix(known.zh + sign)}")
    return Text(reason)
