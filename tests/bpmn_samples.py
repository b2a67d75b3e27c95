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
