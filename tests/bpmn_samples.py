"""Small BPMN texts for tests: elements and flows as short lines, a process from them."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

NS = "http://www.omg.org/spec/BPMN/20100524/MODEL"


def node(tag: str, name: str, inner: str = "", **attributes: str) -> str:
    """One element."""
    extra = "".join(f' {key}="{value}"' for key, value in attributes.items())
    return f'<{tag} id="{name}"{extra}>{inner}</{tag}>'


def start(name: str) -> str:
    """A start event."""
    return node("startEvent", name)


def end(name: str) -> str:
    """An end event."""
    return node("endEvent", name)


def user(name: str) -> str:
    """A user task."""
    return node("userTask", name)


def send(name: str) -> str:
    """A send task."""
    return node("sendTask", name)


def parallel(name: str) -> str:
    """A parallel gateway."""
    return node("parallelGateway", name)


def choice(name: str, default: str | None = None) -> str:
    """An exclusive gateway."""
    return node("exclusiveGateway", name) if default is None else node("exclusiveGateway", name, default=default)


def call(name: str, called: str) -> str:
    """A call activity."""
    return node("callActivity", name, calledElement=called)


def sub(name: str, *inner: str) -> str:
    """An embedded sub-process."""
    return node("subProcess", name, "".join(inner))


def timer_text(name: str) -> str:
    """A timer definition whose text would fail if anything read it."""
    return f'<timerEventDefinition id="{name}_def"><timeDuration>20 workdays</timeDuration></timerEventDefinition>'


def boundary(name: str, host: str, interrupting: bool = False) -> str:
    """A boundary timer."""
    flag = "true" if interrupting else "false"
    return node("boundaryEvent", name, timer_text(name), attachedToRef=host, cancelActivity=flag)


def catch(name: str) -> str:
    """An intermediate timer."""
    return node("intermediateCatchEvent", name, timer_text(name))


def flow(source: str, target: str, flag: str | None = None) -> str:
    """A sequence flow; its id is made of its ends."""
    inner = "" if flag is None else f"<conditionExpression>{flag}</conditionExpression>"
    return node("sequenceFlow", f"f_{source}_{target}", inner, sourceRef=source, targetRef=target)


def chain(*names: str) -> str:
    """Flows from each to the next."""
    return "".join(flow(a, b) for a, b in pairwise(names))


def process(name: str, *parts: str) -> str:
    """One process."""
    return node("process", name, "".join(parts), isExecutable="true")


def definitions(*processes: str, before: str = "") -> bytes:
    """A whole file."""
    return f'<definitions xmlns="{NS}" targetNamespace="urn:test">{before}{"".join(processes)}</definitions>'.encode()


def pool(main: str) -> str:
    """A collaboration with one pool."""
    return f'<collaboration id="c"><participant id="pool" processRef="{main}"/></collaboration>'


def branches(fork: str, join: str, names: Iterable[str]) -> str:
    """A parallel block of single user tasks with a warning timer on each."""
    text = parallel(fork) + parallel(join)
    for name in names:
        text += user(name) + chain(fork, name, join)
        text += boundary(f"{name}_warn", name) + send(f"{name}_tell") + end(f"{name}_told")
        text += chain(f"{name}_warn", f"{name}_tell", f"{name}_told")
    return text


def departments(count: int) -> bytes:
    """Accept, ``count`` departments in parallel with a deadline each, join, decide, gateway, deliver."""
    names = [f"D{i:02}" for i in range(1, count + 1)]
    return definitions(
        process(
            "P",
            start("s") + user("accept") + user("decide") + user("deliver") + end("e") + end("refused"),
            choice("granted", "f_granted_refused"),
            chain("s", "accept", "fork"),
            branches("fork", "join", names),
            chain("join", "decide", "granted"),
            flow("granted", "deliver", "approved") + flow("granted", "refused") + chain("deliver", "e"),
        )
    )


def theme() -> bytes:
    """Five items on two levels of prerequisites, each a called process of four tasks with timers on three of them."""
    items = [f"I{i:02}" for i in range(1, 6)]
    called = [process(f"{item}_p", item_body(item)) for item in items]
    main = process(
        "T",
        start("s") + end("e") + "".join(call(item, f"{item}_p") for item in items),
        parallel("fork") + parallel("after1") + parallel("ready4") + parallel("join"),
        chain("s", "fork", "I01", "after1", "ready4", "I04", "join", "e"),
        chain("fork", "I02", "ready4") + chain("fork", "I03", "join") + chain("after1", "I05", "join"),
    )
    return definitions(main, *called, before=pool("T"))


def item_body(item: str) -> str:
    """Accept, review, decide, deliver; a warning on the first two, and a deadline that takes review away."""
    names = [f"{item}_{step}" for step in ("accept", "review", "decide", "deliver")]
    text = start(f"{item}_s") + end(f"{item}_e") + "".join(map(user, names)) + choice(f"{item}_m")
    text += chain(f"{item}_s", names[0], names[1], f"{item}_m", names[2], names[3], f"{item}_e")
    text += boundary(f"{item}_late", names[1], interrupting=True) + flow(f"{item}_late", f"{item}_m")
    for name in names[:2]:
        text += boundary(f"{name}_warn", name) + send(f"{name}_tell") + end(f"{name}_told")
        text += chain(f"{name}_warn", f"{name}_tell", f"{name}_told")
    return text


def blocks(width: int, count: int) -> bytes:
    """``count`` parallel blocks of ``width`` user tasks, one after the other."""
    text, ends = "", ["s"]
    for block in range(count):
        fork, join = f"fork{block}", f"join{block}"
        tasks = [f"u{block}_{i}" for i in range(width)]
        text += parallel(fork) + parallel(join) + "".join(user(t) + chain(fork, t, join) for t in tasks)
        text += flow(ends[-1], fork)
        ends.append(join)
    return definitions(process("B", start("s") + end("e") + text + flow(ends[-1], "e")))
