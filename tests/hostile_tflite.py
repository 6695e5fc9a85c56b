"""Feeds mutated TFLite files to the front end.

``python tests/hostile_tflite.py COUNT SEED [MODEL ...]``
"""

import sys
from pathlib import Path

import numpy as np

from hostile import feed, outcome
from mote.frontends.tflite import parse
from mote.frontends.tflite.reader import read
from random_graphs import random_graph
from tflite_writer import write_tflite

SECONDS_EACH = 2.0
MEMORY_BYTES = 2**28
SMALL_GRAPHS = 20


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


def main(count: int, seed: int, models: list[str]) -> None:
    bases = [write_tflite(random_graph(index)) for index in range(SMALL_GRAPHS)]
    bases += [Path(model).read_bytes() for model in models]
    places = [structure(base) for base in bases]
    outcome(parse, bases[0])  # imports what it needs before memory is limited

    def one(rng: np.random.Generator, index: int) -> tuple[bytes, str]:
        which = index % len(bases)
        mutate = MUTATIONS[int(rng.integers(len(MUTATIONS)))]
        mutant = bytes(mutate(bytearray(bases[which]), places[which], rng))
        return mutant, f"{mutate.__name__} of base {which}"

    feed(parse, one, count, seed, seconds_each=SECONDS_EACH, memory_bytes=MEMORY_BYTES)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
