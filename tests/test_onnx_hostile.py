"""Damaged and malicious ONNX files: refused in time and memory, whatever they say."""

import pytest

from hostile import check_mutants

MUTANTS = 800
MEMORY_GROWTH_BYTES = 2**28
SECONDS_EACH = 2.0


def mutate(count: int, seed: int) -> None:
    check_mutants(
        "hostile_onnx.py", count, seed, seconds_each=SECONDS_EACH, growth_bytes=MEMORY_GROWTH_BYTES
    )


def test_no_mutated_file_crashes_hangs_or_allocates_without_bound() -> None:
    mutate(MUTANTS, seed=0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_many_mutated_files(seed: int) -> None:
    mutate(10_000, seed)
