"""Damaged and malicious ONNX files: refused in time and memory, whatever they say."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

MUTANTS = 800
MEMORY_GROWTH_BYTES = 2**28
SECONDS_EACH = 2.0


def mutate(count: int, seed: int) -> None:
    """Run the mutants in a process of their own, which may not crash."""
    script = Path(__file__).with_name("hostile_onnx.py")
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(script), str(count), str(seed)],
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
    assert result["slowest_s"] < SECONDS_EACH
    assert result["grown_bytes"] < MEMORY_GROWTH_BYTES


def test_no_mutated_file_crashes_hangs_or_allocates_without_bound() -> None:
    mutate(MUTANTS, seed=0)


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_many_mutated_files(seed: int) -> None:
    mutate(10_000, seed)
