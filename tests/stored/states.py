"""What 0.1.0 knows of cases, items, clocks and tasks, and what an open case can be like: each must be shown by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import govflow

CaseView = govflow.CaseView
Events = Sequence[govflow.EventView]

STATES = {
    "cases": ("received", "correcting", "reviewing", "handing_out", "post_check", "closed", "not_accepted", "withdrawn",
              "deemed_withdrawn"),
    "open_cases": ("received", "correcting", "reviewing", "handing_out", "post_check"),
    "items": ("waiting", "reviewing", "suspended", "granted", "refused", "verified", "terminated", "withdrawn", "skipped",
              "delivered"),
    "items_of_open_cases": ("waiting", "reviewing", "suspended", "granted", "refused", "verified", "terminated", "skipped",
                            "delivered"),
    "modes": ("run", "verify", "skip"),
    "clocks": ("running", "suspended", "met", "missed", "ended"),
    "kinds_of_clocks": ("correction_notice", "correction", "promised", "statutory", "joint_cap", "step", "procedure", "gap",
                        "delivery", "post_check"),
    "open_kinds_of_clocks": ("correction_notice", "correction", "promised", "statutory", "joint_cap", "step", "procedure",
                             "gap", "delivery", "post_check"),
    "effects": ("deemed_acceptance", "silence", "escalate", "applicant_withdrawn", "applicant_not_accepted",
                "applicant_refused"),
    "lights": ("green", "yellow", "red"),
    "tasks": ("open", "completed", "cancelled"),
    "open_kinds_of_tasks": ("accept", "supplement", "verify", "pre_review", "review", "consult", "notice", "visit",
                            "expert_review", "hearing", "test", "publicise", "pay", "decide", "issue", "deliver", "archive",
                            "post_check"),
    "materials": ("supplied", "missing", "obtained", "awaited", "issued", "committed"),
    "events": ("applied", "task_opened", "task_completed", "task_cancelled", "task_claimed", "task_released", "escalated",
               "correction_asked", "supplemented", "accepted", "not_accepted", "withdrawn", "deemed_withdrawn",
               "item_started", "item_decided", "item_verified", "item_finished", "item_terminated", "result_issued",
               "delivered", "clock_started", "clocks_suspended", "clocks_resumed", "clocks_extended", "clock_warned",
               "clock_expired", "clock_closed", "clock_reprojected", "timer_fired", "state_changed", "closed"),
}  # fmt: skip
"""Every value that 0.1.0 knows, and of those that an open case can show, that one shows it."""


def seen(views: Sequence[CaseView], histories: Mapping[str, Events]) -> dict[str, list[str]]:
    """The values that the cases show, by the same names as `STATES`."""
    open_ones = [view for view in views if view.closed is None]
    found = {
        "cases": {v.state for v in views},
        "open_cases": {v.state for v in open_ones},
        "items": {i.state for v in views for i in v.items},
        "items_of_open_cases": {i.state for v in open_ones for i in v.items},
        "modes": {i.mode for v in open_ones for i in v.items},
        "clocks": {c.state for v in views for c in v.clocks},
        "kinds_of_clocks": {c.kind for v in views for c in v.clocks},
        "open_kinds_of_clocks": {c.kind for v in open_ones for c in v.clocks if c.closed_at is None},
        "effects": {c.effect for v in views for c in v.clocks},
        "lights": {t.light for v in open_ones for t in v.open_tasks},
        "tasks": {t.state for v in open_ones for t in v.tasks},
        "open_kinds_of_tasks": {t.kind for v in open_ones for t in v.open_tasks},
        "materials": {m.status for v in open_ones for m in v.materials},
        "events": {e.type for events in histories.values() for e in events},
    }
    return {name: sorted(values) for name, values in found.items()}


def _live(view: CaseView, kind: str, *states: str) -> list[govflow.ClockView]:
    return [c for c in view.clocks if c.closed_at is None and c.kind == kind and c.state in (states or ("running",))]


def _fired(events: Events, type: str, view: CaseView) -> list[govflow.ClockView]:
    """The clocks that still run and of which the log says this."""
    told = {e.body["clock"] for e in events if e.type == type}
    return [c for c in view.clocks if c.closed_at is None and c.id in told]


def _statuses(view: CaseView) -> dict[str, str]:
    return {each.material: each.status for each in view.materials}


def _items(view: CaseView) -> set[str]:
    return {each.state for each in view.items}


def _has(events: Events, type: str, **said: Any) -> bool:
    return any(e.type == type and all(e.body.get(k) == v for k, v in said.items()) for e in events)


SITUATIONS: Mapping[str, Callable[[CaseView, Events], object]] = {
    "a claimed task": lambda v, e: any(t.assignee for t in v.open_tasks),
    "a task given back": lambda v, e: _has(e, "task_released"),
    "an escalated task": lambda v, e: any(t.escalated for t in v.open_tasks),
    "a clock warned": lambda v, e: _fired(e, "clock_warned", v),
    "a clock expired": lambda v, e: _fired(e, "clock_expired", v),
    "a clock extended": lambda v, e: any(c.extensions and c.closed_at is None for c in v.clocks),
    "a clock stopped": lambda v, e: any(c.state == "suspended" for c in v.clocks),
    "a clock stopped and running again": lambda v, e: any(c.suspensions and c.state == "running" for c in v.clocks),
    "a clock stopped twice at once": lambda v, e: any(
        len([s for s in c.suspensions if s[1] is None]) > 1 for c in v.clocks
    ),
    "a clock with a provisional date": lambda v, e: any(c.provisional and c.closed_at is None for c in v.clocks),
    "a clock by another region's calendar": lambda v, e: any("450000" in c.calendar for c in v.clocks),
    "a clock reckoned anew": lambda v, e: _has(e, "clock_reprojected"),
    "a second clock of one kind": lambda v, e: any("#" in c.id and c.closed_at is None for c in v.clocks),
    "a promise overdue and still open": lambda v, e: any(c.light == "red" for c in _live(v, "promised")),
    "a statutory limit overdue and still open": lambda v, e: any(c.light == "red" for c in _live(v, "statutory")),
    "a delivery overdue and still open": lambda v, e: any(c.light == "red" for c in _live(v, "delivery")),
    "a post-check overdue and still open": lambda v, e: any(c.light == "red" for c in _live(v, "post_check")),
    "the theme's clocks stopped": lambda v, e: any(c.item is None for c in _live(v, "joint_cap", "suspended")),
    "a gap whose material has not come": lambda v, e: v.accepted and _live(v, "gap"),
    "a gap whose material came": lambda v, e: any(c.kind == "gap" and c.closed_at for c in v.clocks),
    "a gap overdue": lambda v, e: any(c.light == "red" for c in _live(v, "gap")),
    "a gap that keeps a result back": lambda v, e: _live(v, "gap") and any(t.kind == "issue" for t in v.open_tasks),
    "a first correction, supplement open": lambda v, e: v.state == "correcting" and len(_notices(e)) == 1,
    "a second correction, supplement open": lambda v, e: v.state == "correcting" and len(_notices(e)) == 2,
    "a correction asked by an item": lambda v, e: any(n.body.get("item") for n in _notices(e)),
    "a correction warned": lambda v, e: any(c.kind == "correction" for c in _fired(e, "clock_warned", v)),
    "a notice period warned": lambda v, e: any(c.kind == "correction_notice" for c in _fired(e, "clock_warned", v)),
    "received again after a supplement": lambda v, e: v.state == "received" and _notices(e),
    "deemed accepted": lambda v, e: v.deemed,
    "deemed accepted while materials are missing": lambda v, e: v.deemed and "missing" in _statuses(v).values(),
    "commitment": lambda v, e: "committed" in _statuses(v).values() and any(t.kind == "decide" for t in v.open_tasks),
    "a consult open that silence answers": lambda v, e: any(c.effect == "silence" for c in _live(v, "step")),
    "a consult answered by silence": lambda v, e: _has(e, "task_completed", outcome="no_objection", kind="consult"),
    "a notice of a special procedure open": lambda v, e: any(t.kind == "notice" for t in v.open_tasks),
    "stopped by a step": lambda v, e: "suspended" in _items(v) and any(t.kind == "visit" for t in v.open_tasks),
    "stopped by a consult that is over": lambda v, e: v.ref == "J4" and "suspended" in _items(v)
    and _has(e, "task_completed", kind="consult", opinion="鉴定完毕"),
    "stopped on command": lambda v, e: any(
        c.state == "suspended" and any(s[3] == "auction" and s[1] is None for s in c.suspensions) for c in v.clocks
    ),
    "resumed on command": lambda v, e: any(x.type == "clocks_resumed" and x.body.get("reason") for x in e),
    "a joint visit open for both": lambda v, e: len([t for t in v.open_tasks if t.joint == "premises"]) == 2,
    "a joint visit open for one": lambda v, e: len([t for t in v.open_tasks if t.joint == "premises"]) == 1,
    "a joint visit done": lambda v, e: len([t for t in v.tasks if t.joint == "premises" and t.state == "completed"]) == 2,
    "a verification open": lambda v, e: any(t.kind == "verify" for t in v.open_tasks),
    "an item dropped": lambda v, e: any(x.type == "applied" and x.body["dropped"] for x in e),
    "an item left out by the answers": lambda v, e: "skipped" in _items(v),
    "an item that waits for another": lambda v, e: "waiting" in _items(v),
    "an item alone": lambda v, e: v.kind == "item",
    "a theme": lambda v, e: v.kind == "theme",
    "a theme without rules of correction": lambda v, e: v.ref in ("K1", "K-3") and v.state == "correcting",
    "the first stage": lambda v, e: v.ref == "K2" and v.item("J1").state == "reviewing",
    "the second stage": lambda v, e: v.ref == "K2" and v.item("J1").state == "delivered",
    "delivered one by one": lambda v, e: v.state == "reviewing" and {"delivered", "granted"} <= _items(v),
    "handed out together": lambda v, e: v.kind == "theme" and v.state == "handing_out",
    "a delivery that the e-licence made": lambda v, e: any(
        c.kind == "delivery" and c.closed_at for c in v.clocks
    ) and not _has(e, "delivered"),
    "a post-check open": lambda v, e: any(t.kind == "post_check" for t in v.open_tasks),
    "post_check said of a case in review": lambda v, e: v.state == "post_check" and "reviewing" in _items(v),
    "post_check said of a case that issues": lambda v, e: v.state == "post_check" and any(t.kind == "issue" for t in v.open_tasks),
    "handing out after a wrong post_check": lambda v, e: v.state == "handing_out" and _has(e, "state_changed", state="post_check"),
    "an instant item open": lambda v, e: any(c.limit == "0 workdays" for c in _live(v, "promised")),
    "an item without a decision": lambda v, e: v.ref == "J6",
    "a nested branch half done": lambda v, e: v.ref == "J4" and len(v.open_tasks) >= 3,
    "a step with a condition": lambda v, e: any(t.kind in ("test", "expert_review", "hearing") for t in v.open_tasks),
    "one branch done and one open": lambda v, e: v.ref == "J2" and [t.kind for t in v.open_tasks] == ["consult"],
    "a refusal, the others go on": lambda v, e: v.state == "reviewing" and "refused" in _items(v),
    "a refusal that ended dependants": lambda v, e: {"refused", "terminated"} <= _items(v),
    "an objection": lambda v, e: any(o["outcome"] == "object" for o in v.opinions),
    "words and numbers out of the ordinary": lambda v, e: any(x.body.get("data", {}).get("floats") for x in e if x.type == "task_completed"),
    "nothing open, and yet not over": lambda v, e: v.closed is None and not v.open_tasks,
}  # fmt: skip
"""What an open case can be like; each must be true of one at least."""


def _notices(events: Events) -> list[govflow.EventView]:
    return [e for e in events if e.type == "correction_asked"]


TASK = ("id", "kind", "item", "name", "department", "role", "assignee", "joint", "escalated", "light", "due")
CLOCK = ("id", "kind", "state", "light", "due", "due_at", "warn_at", "effect", "provisional")


def shown(engine: govflow.Engine, case: str) -> dict[str, Any]:
    """What `expected.json` says of a case, as this engine shows it at its present instant."""
    view, events = engine.case(case), engine.history(case)
    return {
        "id": view.id, "ref": view.ref, "state": view.state, "accepted_as_of": view.accepted_as_of, "deemed": view.deemed,
        "closed": view.closed, "revision": view.revision, "definition": view.definition,
        "items": {each.item: each.state for each in view.items}, "materials": _statuses(view),
        "results": [result["number"] for result in view.results],
        "tasks": [{name: getattr(task, name) for name in TASK} for task in view.open_tasks],
        "clocks": [{name: getattr(clock, name) for name in CLOCK} for clock in view.clocks],
        "events": len(events), "hash": events[-1].hash, "check": engine.check(case),
    }  # fmt: skip
