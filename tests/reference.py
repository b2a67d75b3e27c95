"""A reference interpreter of block structure, and a generator of random block-structured processes.

The interpreter knows nothing of BPMN, graphs, tokens on flows or SpiffWorkflow: it walks the blocks with callbacks.
Where it and the executor disagree, one of them is wrong.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from tests import bpmn_samples as b


@dataclass(frozen=True)
class Timer:
    """A boundary timer with what follows when it fires."""

    id: str
    interrupting: bool
    handler: Block


@dataclass(frozen=True)
class Block:
    """Base of all blocks."""

    id: str


@dataclass(frozen=True)
class User(Block):
    """A user task."""

    timers: tuple[Timer, ...] = ()


@dataclass(frozen=True)
class Send(Block):
    """A send task."""


@dataclass(frozen=True)
class Wait(Block):
    """An intermediate timer."""


@dataclass(frozen=True)
class Seq(Block):
    """One after the other; may be empty."""

    parts: tuple[Block, ...] = ()


@dataclass(frozen=True)
class And(Block):
    """All branches, then on."""

    parts: tuple[Block, ...] = ()


@dataclass(frozen=True)
class Xor(Block):
    """The first part whose flag is true, else the last."""

    parts: tuple[Block, ...] = ()

    def flags(self) -> list[str]:
        """One flag for each part but the last."""
        return [f"take_{self.id}_{i}" for i in range(len(self.parts) - 1)]


@dataclass(frozen=True)
class Loop(Block):
    """Body; while the flag is true: redo and body again."""

    body: Block = Block("")
    redo: Block = Block("")

    def flag(self) -> str:
        """True to go round again."""
        return f"again_{self.id}"


@dataclass(frozen=True)
class Sub(Block):
    """A level of its own: embedded, or a call of a process of that name."""

    body: Block = Block("")
    timers: tuple[Timer, ...] = ()
    called: bool = False


# --- the interpreter -------------------------------------------------------------------------------------------------


@dataclass
class Level:
    """One running level: its address, how often each element was activated, how many ways are still walked."""

    prefix: str
    over: Callable[[], None]
    counts: dict[str, int] = field(default_factory=dict)
    walking: int = 0

    def name(self, element: str) -> str:
        """Address of the next activation of an element."""
        count = self.counts[element] = self.counts.get(element, 0) + 1
        return self.prefix + element + ("" if count == 1 else f"#{count}")


class Machine:
    """Runs one block structure; ``live`` maps (path, kind, host) to what happens when it is completed or fired."""

    def __init__(self, body: Block, flags: Mapping[str, bool]) -> None:
        self.live: dict[tuple[str, str, str | None], Callable[[], None]] = {}
        self.passed: list[str] = []
        self.ended = False
        self.flags = flags
        self._level("", "P", body, self._end)

    def _end(self) -> None:
        self.ended = True

    def act(self, token: tuple[str, str, str | None], flags: Mapping[str, bool]) -> None:
        """Complete or fire one live token."""
        self.flags, self.passed = flags, []
        self.live[token]()

    def _level(self, prefix: str, name: str, body: Block, over: Callable[[], None]) -> None:
        level = Level(prefix, over)
        self._pass(level, f"{name}_s")
        self._thread(level, body, f"{name}_e")

    def _thread(self, level: Level, body: Block, end: str) -> None:
        level.walking += 1

        def done() -> None:
            self._pass(level, end)
            level.walking -= 1
            if not level.walking:
                level.over()

        self._run(body, level, done)

    def _pass(self, level: Level, element: str) -> None:
        self.passed.append(level.name(element))

    def _run(self, block: Block, level: Level, done: Callable[[], None]) -> None:
        match block:
            case User():
                path = level.name(block.id)
                self._host(block, path, level, done, lambda finish: self.live.update({(path, "user", None): finish}))
            case Sub():
                path = level.name(block.id)
                name = f"{block.id}_p" if block.called else block.id
                self._host(block, path, level, done, lambda finish: self._level(path + "/", name, block.body, finish))
            case Wait():
                self._wait(level.name(block.id), done)
            case Send():
                self._pass(level, block.id)
                done()
            case Seq():
                self._seq(block.parts, level, done)
            case And():
                self._and(block, level, done)
            case Xor():
                self._xor(block, level, done)
            case Loop():
                self._loop(block, level, done)

    def _wait(self, path: str, done: Callable[[], None]) -> None:
        def fire() -> None:
            del self.live[(path, "timer", None)]
            self.passed.append(path)
            done()

        self.live[(path, "timer", None)] = fire

    def _seq(self, parts: tuple[Block, ...], level: Level, done: Callable[[], None]) -> None:
        if parts:
            self._run(parts[0], level, lambda: self._seq(parts[1:], level, done))
        else:
            done()

    def _and(self, block: And, level: Level, done: Callable[[], None]) -> None:
        self._pass(level, f"{block.id}_f")
        missing = [len(block.parts)]

        def arrive() -> None:
            missing[0] -= 1
            if not missing[0]:
                self._pass(level, f"{block.id}_j")
                done()

        for part in block.parts:
            self._run(part, level, arrive)

    def _xor(self, block: Xor, level: Level, done: Callable[[], None]) -> None:
        self._pass(level, f"{block.id}_x")
        chosen = next((i for i, flag in enumerate(block.flags()) if self.flags[flag]), len(block.parts) - 1)

        def merge() -> None:
            self._pass(level, f"{block.id}_m")
            done()

        self._run(block.parts[chosen], level, merge)

    def _loop(self, block: Loop, level: Level, done: Callable[[], None]) -> None:
        def decide() -> None:
            self._pass(level, f"{block.id}_x")
            if self.flags[block.flag()]:
                self._run(block.redo, level, enter)
            else:
                self._pass(level, f"{block.id}_o")
                done()

        def enter() -> None:
            self._pass(level, f"{block.id}_m")
            self._run(block.body, level, decide)

        enter()

    def _host(
        self,
        block: User | Sub,
        path: str,
        level: Level,
        done: Callable[[], None],
        begin: Callable[[Callable[[], None]], None],
    ) -> None:
        """An activity with timers; ``begin`` starts it and is given what to call when it finishes."""
        waiting = {t.id: (level.name(t.id), "timer", path) for t in block.timers}
        interrupting = any(t.interrupting for t in block.timers)

        def leave() -> None:
            for token in waiting.values():
                self.live.pop(token, None)
            for token in [t for t in self.live if t[0] == path or t[0].startswith(path + "/")]:
                del self.live[token]

        def on() -> None:
            if interrupting:
                self._pass(level, f"{block.id}_im")
            done()

        def finish() -> None:
            leave()
            self.passed.append(path)
            on()

        def fire(timer: Timer) -> None:
            token = waiting.pop(timer.id)
            del self.live[token]
            self.passed.append(token[0])
            if timer.interrupting:
                leave()
                self._run(timer.handler, level, on)
            else:
                self._thread(level, timer.handler, f"{timer.id}_e")

        for timer in block.timers:
            self.live[waiting[timer.id]] = lambda timer=timer: fire(timer)
        begin(finish)


# --- the same blocks as BPMN -----------------------------------------------------------------------------------------


class Writer:
    """Writes blocks as elements and flows; called processes are collected aside."""

    def __init__(self) -> None:
        self.processes: list[str] = []

    def file(self, body: Block) -> bytes:
        """A whole BPMN file with the main process P."""
        main = b.process("P", self.level("P", body))
        return b.definitions(main, *self.processes, before=b.pool("P"))

    def level(self, name: str, body: Block) -> str:
        """Start event, body, end event."""
        text, first, last = self.write(body)
        ends = b.start(f"{name}_s") + b.end(f"{name}_e")
        if first is None or last is None:
            return ends + b.flow(f"{name}_s", f"{name}_e")
        return ends + b.flow(f"{name}_s", first) + text + b.flow(last, f"{name}_e")

    def write(self, block: Block) -> tuple[str, str | None, str | None]:
        """Text, first and last element of a block; no elements for an empty sequence."""
        match block:
            case User():
                return self._timed(block, b.user(block.id))
            case Sub(called=True):
                self.processes.append(b.process(f"{block.id}_p", self.level(f"{block.id}_p", block.body)))
                return self._timed(block, b.call(block.id, f"{block.id}_p"))
            case Sub():
                return self._timed(block, b.sub(block.id, self.level(block.id, block.body)))
            case Wait():
                return b.catch(block.id), block.id, block.id
            case Send():
                return b.send(block.id), block.id, block.id
            case Seq():
                return self._seq(block)
            case And() | Xor():
                return self._split(block)
            case Loop():
                return self._loop(block)
        raise AssertionError(block)

    def _between(self, source: str, block: Block, target: str, flag: str | None = None) -> str:
        text, first, last = self.write(block)
        if first is None or last is None:
            return b.flow(source, target, flag)
        return b.flow(source, first, flag) + text + b.flow(last, target)

    def _seq(self, block: Seq) -> tuple[str, str | None, str | None]:
        text = ""
        first: str | None = None
        last: str | None = None
        for part in block.parts:
            inner, begin, end = self.write(part)
            text += inner
            if begin is None or end is None:
                continue
            if last is not None:
                text += b.flow(last, begin)
            first, last = first or begin, end
        return text, first, last

    def _split(self, block: And | Xor) -> tuple[str, str | None, str | None]:
        if isinstance(block, And):
            first, last = f"{block.id}_f", f"{block.id}_j"
            text = b.parallel(first) + b.parallel(last)
            return text + "".join(self._between(first, part, last) for part in block.parts), first, last
        first, last = f"{block.id}_x", f"{block.id}_m"
        flags = [*block.flags(), None]
        ways = [self._between(first, part, last, flag) for part, flag in zip(block.parts, flags, strict=True)]
        default = ways[-1].split('<sequenceFlow id="', 1)[1].split('"', 1)[0]
        return b.choice(first, default) + b.choice(last) + "".join(ways), first, last

    def _loop(self, block: Loop) -> tuple[str, str | None, str | None]:
        merge, split, out = f"{block.id}_m", f"{block.id}_x", f"{block.id}_o"
        text = b.choice(merge) + b.choice(split, f"f_{split}_{out}") + b.choice(out)
        text += self._between(merge, block.body, split) + self._between(split, block.redo, merge, block.flag())
        return text + b.flow(split, out), merge, out

    def _timed(self, block: User | Sub, text: str) -> tuple[str, str | None, str | None]:
        merge = f"{block.id}_im"
        interrupting = any(t.interrupting for t in block.timers)
        if interrupting:
            text += b.choice(merge) + b.flow(block.id, merge)
        for timer in block.timers:
            text += b.boundary(timer.id, block.id, timer.interrupting)
            if timer.interrupting:
                text += self._between(timer.id, timer.handler, merge)
            else:
                text += b.end(f"{timer.id}_e") + self._between(timer.id, timer.handler, f"{timer.id}_e")
        return text, block.id, merge if interrupting else block.id


# --- random processes ------------------------------------------------------------------------------------------------


class Maker:
    """Makes random blocks; ``flags`` collects the names of every flag that was used."""

    def __init__(self, rng: random.Random, timers: bool = True, loops: bool = True, levels: bool = True) -> None:
        self.rng = rng
        self.timers = timers
        self.kinds = ["user", "user", "send", "seq", "and", "xor"]
        self.kinds += ["loop"] * loops + ["sub", "call"] * levels + ["wait"] * timers
        self.flags: list[str] = []
        self.last = 0

    def block(self, depth: int) -> Block:
        """A random block at most ``depth`` deep."""
        self.last += 1
        name = f"b{self.last}"
        kind = self.rng.choice(self.kinds) if depth else self.rng.choice(["user", "user", "send"])
        if kind == "user":
            return User(name, self._timers(depth))
        if kind == "send":
            return Send(name)
        if kind == "wait":
            return Wait(name)
        if kind == "seq":
            return Seq(name, self._parts(depth, 0, 3))
        if kind == "and":
            return And(name, self._branches(depth))
        if kind == "xor":
            return self._with_flags(Xor(name, self._branches(depth)))
        if kind == "loop":
            return self._with_flags(Loop(name, self.block(depth - 1), User(f"{name}_r", self._timers(0))))
        return Sub(name, self.block(depth - 1), self._timers(depth), kind == "call")

    def _with_flags(self, block: Xor | Loop) -> Block:
        self.flags += block.flags() if isinstance(block, Xor) else [block.flag()]
        return block

    def _parts(self, depth: int, least: int, most: int) -> tuple[Block, ...]:
        return tuple(self.block(depth - 1) for _ in range(self.rng.randint(least, most)))

    def _branches(self, depth: int) -> tuple[Block, ...]:
        """Two to four branches, at most one of them without any element."""
        made = self._parts(depth, 2, 4)
        solid = [p for p in made if Writer().write(p)[1] is not None]
        empty = [p for p in made if p not in solid][:1]
        while len(solid) + len(empty) < 2:
            self.last += 1
            solid.append(User(f"b{self.last}"))
        return tuple(solid + empty)

    def _timers(self, depth: int) -> tuple[Timer, ...]:
        if not self.timers or self.rng.random() < 0.6:
            return ()
        made = []
        for _ in range(self.rng.randint(1, 2)):
            self.last += 1
            made.append(Timer(f"t{self.last}", self.rng.random() < 0.4, self.block(max(0, depth - 2))))
        return tuple(made)
