"""A fuzzer that is led by coverage: an input that reaches a new step from line to line is kept and changed further.

Pure Python, so that it runs wherever the tests do; tests/property/media/test_fuzz.py gives it the parsers. Its source
of chance is the generator it is given: the same seed tries the same inputs, as long as time allows.
"""

import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import CodeType, FrameType, ModuleType
from typing import Any

LONGEST = 4096
SLOW = 0.1
"""Seconds of CPU that one input may take, untraced."""
_NUMBERS = (0, 1, 2, 3, 4, 7, 8, 12, 15, 16, 31, 32, 63, 64, 127, 128, 129, 191, 192, 200, 205, 206, 207, 254, 255)
_ENOUGH = 100
Edge = tuple[CodeType, int, int]


class Coverage:
    """Which steps from line to line code of some modules takes."""

    def __init__(self, modules: Sequence[ModuleType]) -> None:
        self.edges: set[Edge] = set()
        self._files = {module.__file__ for module in modules}
        self._last = 0

    def run(self, target: Callable[[bytes], None], data: bytes) -> int:
        """Run it; how many steps were new."""
        before = len(self.edges)
        old = sys.gettrace()
        sys.settrace(self._enter)
        try:
            target(data)
        finally:
            sys.settrace(old)
        return len(self.edges) - before

    def _enter(self, frame: FrameType, _event: str, _argument: Any) -> Any:
        if frame.f_code.co_filename not in self._files:
            return None
        self._last = 0
        return self._step

    def _step(self, frame: FrameType, event: str, _argument: Any) -> Any:
        if event == "line":
            self.edges.add((frame.f_code, self._last, frame.f_lineno))
            self._last = frame.f_lineno
        return self._step


@dataclass(frozen=True, slots=True)
class Report:
    """What a run did."""

    executions: int
    kept: int
    edges: int
    seeds_edges: int
    """How far the seeds alone came."""


def fuzz(
    target: Callable[[bytes], None],
    seeds: Sequence[bytes],
    modules: Sequence[ModuleType],
    rng: random.Random,
    seconds: float,
    tokens: Sequence[bytes] = (),
) -> Report:
    """Feed `target` until time is up. An exception of it, or an input that takes long, is an AssertionError."""
    coverage = Coverage(modules)
    corpus = list(seeds)
    for seed in seeds:
        _try(coverage, target, seed)
    reached = len(coverage.edges)
    executions = len(seeds)
    deadline = time.monotonic() + seconds
    while executions < _ENOUGH or time.monotonic() < deadline:
        # recent finds lead further than old ones
        place = rng.randrange(len(corpus)) if rng.random() < 0.5 else -rng.randrange(min(16, len(corpus))) - 1
        data = mutate(corpus[place], rng, corpus, tokens)
        executions += 1
        if _try(coverage, target, data):
            corpus.append(data)
    return Report(executions, len(corpus) - len(seeds), len(coverage.edges), reached)


def _try(coverage: Coverage, target: Callable[[bytes], None], data: bytes) -> int:
    began = time.process_time()
    try:
        found = coverage.run(target, data)
    except Exception as error:
        raise AssertionError(f"{error!r} escaped on bytes.fromhex({data.hex()!r})") from error
    if time.process_time() - began > SLOW:
        began = time.process_time()
        target(data)
        took = time.process_time() - began
        assert took < SLOW, f"{took:.2f} s for bytes.fromhex({data.hex()!r})"
    return found


def mutate(data: bytes, rng: random.Random, corpus: Sequence[bytes] = (), tokens: Sequence[bytes] = ()) -> bytes:
    """Change it in one to eight places: bits, numbers, lengths, pieces cut, repeated, or taken from elsewhere."""
    made = bytearray(data)
    for _ in range(1 << rng.randrange(4)):
        at = rng.randrange(len(made) + 1)
        size = rng.randrange(1, 1 + min(64, len(made) or 1))
        match rng.randrange(9):
            case 0 if at < len(made):
                made[at] ^= 1 << rng.randrange(8)
            case 1 if at < len(made):
                made[at] = rng.choice(_NUMBERS)
            case 2 if at < len(made):
                made[at] = rng.randrange(256)
            case 3 if at + 2 <= len(made):
                made[at : at + 2] = rng.choice((0, 1, 0xFFFF, len(made), len(made) // 4, at)).to_bytes(2, "big")
            case 4:
                del made[at : at + size]
            case 5:
                made[at:at] = made[at : at + size]
            case 6:
                made[at:at] = rng.randbytes(rng.randrange(1, 9))
            case 7 if corpus:
                other = rng.choice(corpus)
                start = rng.randrange(len(other) + 1)
                made[at : at + size] = other[start : start + size]
            case 8 if tokens:
                made[at : at + rng.choice((0, 0, size))] = rng.choice(tokens)
    return bytes(made[:LONGEST])
