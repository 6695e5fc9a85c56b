"""Feeds mutated TFLite files to the front end under time and memory limits; prints one JSON line.

Runs as its own process, so that a crash or a runaway allocation ends this one and not the tests:
``python tests/hostile_tflite.py COUNT SEED [MODEL ...]``.
"""

import json
import resource
import signal
import sys
import time
from pathlib import Path
from types import FrameType

import numpy as np

from mote.errors import MoteError
from mote.frontends.tflite import parse
from mote.frontends.tflite.reader import read
from mote.ir import verify
from mote.ir.text import format_graph
from mote.passes import optimize
from random_graphs import random_graph
from tflite_writer import write_tflite

SECONDS_EACH = 2.0
MEMORY_BYTES = 2**28
SMALL_GRAPHS = 20


class TooSlowError(BaseException):
    """One mutant took longer than any file may."""


def structure(data: bytes) -> np.ndarray:
    """Offsets of all bytes but weights, where a changed byte would change nothing else."""
    whole = np.frombuffer(data, np.uint8)
    is_structure = np.ones(len(data), bool)
    for tensor in read(data, "base").tensors:
        if tensor.data is not None and tensor.data.size > 64:
            start = tensor.data.ctypes.data - whole.ctypes.data
            is_structure[start : start + tensor.data.size] = False
    return np.flatnonzero(is_structure)


def flip_bits(data: bytearray, where: np.ndarray, rng: np.random.Generator) -> bytearray:
    for _ in range(int(rng.integers(1, 9))):
        data[int(rng.choice(where))] ^= 1 << int(rng.integers(8))
    return data


def truncate(data: bytearray, where: np.ndarray, rng: np.random.Generator) -> bytearray:
    return data[: int(rng.integers(len(data)))]


def lie(data: bytearray, where: np.ndarray, rng: np.random.Generator) -> bytearray:
    """Offsets, lengths, indices and sizes: words that mean something else than what is there."""
    for _ in range(int(rng.integers(1, 4))):
        size = int(rng.choice([2, 4, 4, 4, 8]))
        at = int(rng.choice(where)) // size * size
        end = len(data)
        words = [0, 1, 2, 4, 64, 2**15, 2**16 - 1, end, end - at, end // 4, 2**28, 2**31 - 1, 2**31]
        words += [2**32 - 1, 2**32 - 4, 2**32 - at, 2**63, int(rng.integers(2**32))]
        word = words[int(rng.integers(len(words)))] % 2 ** (8 * size)
        data[at : at + size] = word.to_bytes(size, "little")
    return data


def share(data: bytearray, where: np.ndarray, rng: np.random.Generator) -> bytearray:
    """A word in place of another: tables that share parts or point to themselves."""
    for _ in range(int(rng.integers(1, 9))):
        source, target = (int(n) // 4 * 4 for n in rng.choice(where, 2))
        data[target : target + 4] = data[source : source + 4]
    return data


def splice(data: bytearray, where: np.ndarray, rng: np.random.Generator) -> bytearray:
    """A block copied over, put in or cut out elsewhere."""
    start, target = (int(n) for n in rng.choice(where, 2))
    block = data[start : start + int(rng.integers(1, 256))]
    replaced = int(rng.choice([0, len(block), 2 * len(block)]))
    return data[:target] + block + data[target + replaced :]


MUTATIONS = (flip_bits, truncate, lie, lie, share, splice)


def outcome(data: bytes) -> str:
    """``refused`` or ``accepted``; anything else than a MoteError escapes."""
    try:
        graph = parse(data, "mutant", "mutant.tflite")
    except MoteError as error:
        if not str(error).startswith("mutant.tflite: "):
            raise RuntimeError(f"a message that does not name the file: {error}") from error
        return type(error).__name__
    verify(graph)
    format_graph(graph)
    verify(optimize(graph))
    return "accepted"


def too_slow(number: int, frame: FrameType | None) -> None:
    raise TooSlowError


def main(count: int, seed: int, models: list[str]) -> None:
    bases = [write_tflite(random_graph(index)) for index in range(SMALL_GRAPHS)]
    bases += [Path(model).read_bytes() for model in models]
    places = [structure(base) for base in bases]
    outcome(bases[0])  # imports what it needs before memory is limited
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    in_use = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (in_use + MEMORY_BYTES, -1))
    signal.signal(signal.SIGVTALRM, too_slow)
    outcomes: dict[str, int] = {}
    slowest = 0.0
    for index in range(count):
        rng = np.random.default_rng([seed, index])
        which = index % len(bases)
        mutate = MUTATIONS[int(rng.integers(len(MUTATIONS)))]
        mutant = bytes(mutate(bytearray(bases[which]), places[which], rng))
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS_EACH)
        start = time.process_time()
        try:
            result = outcome(mutant)
        except BaseException as error:
            error.add_note(f"seed {seed}, mutant {index}: {mutate.__name__} of base {which}")
            raise
        finally:
            signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        slowest = max(slowest, time.process_time() - start)
        outcomes[result] = outcomes.get(result, 0) + 1
    grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kib
    print(json.dumps({"outcomes": outcomes, "slowest_s": slowest, "grown_bytes": grown * 1024}))


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
