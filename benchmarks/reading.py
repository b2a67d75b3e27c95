"""How fast YAML is read with positions, against PyYAML's and ruamel's loaders, in one run.

    python benchmarks/reading.py [--lines 120] [--seconds 2]

Prints milliseconds for a file and files for a second (best of all rounds, on one core), and ratios to `read`.
ruamel.yaml is measured when it is installed.
"""

from __future__ import annotations

import argparse
import importlib
import time
from collections.abc import Callable, Iterator

import yaml

from govflow.language.source import full_path, read

ENTRY = """\
  - id: material-{n}
    name: 材料名称，第 {n} 份：原件或复印件
    copies: {n}
    forms: [纸质, 电子]
    when: {{fact: premises_area, at_least: 300}}   # 场所面积
    note: 申请人自备；窗口核验后退还
"""


def sample(lines: int) -> str:
    """An item file of about so many lines."""
    head = 'govflow: item/1\ncode: {basic: "420150007000"}\nname: 食品经营许可（新办）\nmaterials:\n'
    return head + "".join(ENTRY.format(n=n) for n in range(1, 1 + (lines - 4) // 6))


def contenders(text: str) -> Iterator[tuple[str, Callable[[], object]]]:
    """Every way of reading, with what it gives."""
    raw = text.encode()
    yield "govflow read: data, positions, findings", lambda: read(raw, "item.yaml")
    yield "govflow build: data and positions", lambda: full_path.build(text)
    yield "yaml.load(CSafeLoader): data", lambda: yaml.load(text, Loader=yaml.CSafeLoader)
    yield "yaml.compose(CSafeLoader): nodes with positions", lambda: yaml.compose(text, Loader=yaml.CSafeLoader)
    yield "yaml.load(SafeLoader): data, pure Python", lambda: yaml.load(text, Loader=yaml.SafeLoader)
    try:
        ruamel = importlib.import_module("ruamel.yaml")
    except ModuleNotFoundError:
        return
    yield "ruamel round trip: data, positions", lambda: ruamel.YAML().load(text)


def best(run: Callable[[], object], seconds: float) -> float:
    """The shortest time of one call in seconds, over rounds that take `seconds` together and at least three."""
    end = time.perf_counter() + seconds
    shortest, rounds = float("inf"), 0
    while rounds < 3 or time.perf_counter() < end:
        start = time.perf_counter()
        run()
        shortest = min(shortest, time.perf_counter() - start)
        rounds += 1
    return shortest


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="Reading YAML with positions, in one run.")
    parser.add_argument("--lines", type=int, default=120)
    parser.add_argument("--seconds", type=float, default=1.0, help="for each contender")
    options = parser.parse_args()
    text = sample(options.lines)
    assert read(text, "item.yaml").data == yaml.load(text, Loader=yaml.CSafeLoader)
    lines = text.count("\n")
    print(f"{lines} lines, {len(text)} characters, PyYAML {yaml.__version__}, libyaml: {yaml.__with_libyaml__}")
    own = 0.0
    for name, run in contenders(text):
        took = best(run, options.seconds)
        own = own or took
        print(f"{took * 1e3:9.3f} ms {1 / took:9.0f} files/s {took / own:7.2f} x  {name}")


if __name__ == "__main__":
    main()
