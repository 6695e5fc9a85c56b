"""Feeds mutated files to a front end under limits of time and memory, in a process of their own.

A crash or a runaway allocation ends that process and not the tests. It prints one JSON line.
"""

import json
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import numpy as np

from mote.errors import MoteError
from mote.ir import Graph, verify
from mote.ir.text import format_graph
from mote.passes import optimize

Parse = Callable[[bytes, str, str], Graph]
Mutant = Callable[[np.random.Generator, int], tuple[bytes, str]]
"""The bytes of the mutant of this index, and in words what it was made of."""


class TooSlowError(BaseException):
    """One mutant took longer than any file may."""


def outcome(parse: Parse, data: bytes) -> str:
    """``accepted``, or the kind of MoteError; anything else escapes."""
    try:
        graph = parse(data, "mutant", "mutant file")
    except MoteError as error:
        if not str(error).startswith("mutant file: "):
            raise RuntimeError(f"a message that does not name the file: {error}") from error
        return type(error).__name__
    verify(graph)
    format_graph(graph)
    verify(optimize(graph))
    return "accepted"


def feed(
    parse: Parse, mutant: Mutant, count: int, seed: int, *, seconds_each: float, memory_bytes: int
) -> None:
    """Parse so many mutants, then print how they ended; what they need is imported before."""
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    in_use = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (in_use + memory_bytes, -1))
    signal.signal(signal.SIGVTALRM, _too_slow)
    outcomes: dict[str, int] = {}
    slowest = 0.0
    for index in range(count):
        data, origin = mutant(np.random.default_rng([seed, index]), index)
        signal.setitimer(signal.ITIMER_VIRTUAL, seconds_each)
        start = time.process_time()
        try:
            result = outcome(parse, data)
        except BaseException as error:
            error.add_note(f"seed {seed}, mutant {index}: {origin}")
            raise
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        slowest = max(slowest, time.process_time() - start)
        outcomes[result] = outcomes.get(result, 0) + 1
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib
    print(json.dumps({"outcomes": outcomes, "slowest_s": slowest, "grown_bytes": grown * 1024}))


def _too_slow(number: int, frame: FrameType | None) -> None:
    raise TooSlowError


def check_mutants(
    script: str, count: int, seed: int, *more: str, seconds_each: float, growth_bytes: int
) -> None:
    """Run a script that feeds mutants, and judge how they ended."""
    path = Path(__file__).with_name(script)
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(path), str(count), str(seed), *more],
        capture_output=True,
        text=True,
        timeout=900,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    outcomes = result["outcomes"]
    assert sum(outcomes.values()) == count
    assert set(outcomes) == {"accepted", "ModelFileError", "UnsupportedModelError"}
    assert min(outcomes.values()) > count // 100, "the mutations reach too little of the code"
    assert result["slowest_s"] < seconds_each
    assert result["grown_bytes"] < growth_bytes
