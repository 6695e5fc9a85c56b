"""Requantisation in C: equal to the reference, with 64-bit products and without."""

import subprocess
from pathlib import Path

import numpy as np
import pytest

from kernel_objects import KERNELS, SANITIZE, STRICT
from mote.ir.ops import Rounding
from mote.reference.fixed_point import requantize

PROGRAM = """
#include "mote_requantize.h"
#include <stdio.h>
int main(void) {
    int32_t in[3];
    while (fread(in, sizeof in, 1, stdin) == 1) {
        int32_t out[2];
        out[0] = mote_requantize(in[0], in[1], in[2], MOTE_HALF);
        out[1] = mote_requantize(in[0], in[1], in[2], 0);
        fwrite(out, sizeof out, 1, stdout);
    }
    return 0;
}
"""
INT32_END = 2**31


def _cases(rng: np.random.Generator) -> np.ndarray:
    """Accumulators, multipliers and right shifts: of every magnitude, and next to powers of two."""
    count = 200_000
    magnitude = 2.0 ** rng.uniform(0, 31, count)
    powers = 2 ** rng.integers(0, 32, count) + rng.integers(-2, 3, count)
    acc = np.where(rng.random(count) < 0.5, magnitude.astype(np.int64), powers)
    acc = np.clip(acc, 0, INT32_END - 1) * rng.choice([-1, 1], count)
    ends = rng.choice(
        [0, 2**30, 2**30 + 1, 2**30 + 2**16 - 1, INT32_END - 2**16, INT32_END - 1], count
    )
    multiplier = np.where(rng.random(count) < 0.7, rng.integers(2**30, INT32_END, count), ends)
    right = rng.integers(-8, 32, count)
    is_small = np.abs(acc) << np.maximum(-right, 0) < INT32_END
    cases = np.stack([acc, multiplier, right], axis=1)[is_small]
    result = cases[:, 0] * cases[:, 1] / 2.0 ** (31 + cases[:, 2])
    return cases[np.abs(result) < INT32_END - 256]


@pytest.mark.parametrize("is_narrow", [0, 1], ids=["wide", "narrow"])
def test_requantisation_equals_the_reference(is_narrow: int, tmp_path: Path) -> None:
    cases = _cases(np.random.default_rng(5))
    assert len(cases) > 100_000
    (tmp_path / "main.c").write_text(PROGRAM)
    command = ["cc", *STRICT, *SANITIZE, f"-DMOTE_NARROW_MULTIPLY={is_narrow}"]
    command += ["-I", str(KERNELS / "include"), "-o", str(tmp_path / "main")]
    subprocess.run([*command, str(tmp_path / "main.c")], check=True)
    data = cases.astype(np.int32).tobytes()
    done = subprocess.run([str(tmp_path / "main")], input=data, capture_output=True)
    assert done.returncode == 0, done.stderr.decode(errors="replace")[-3000:]
    got = np.frombuffer(done.stdout, np.int32).reshape(-1, 2)
    acc, multiplier, right = cases.T
    for column, rounding in enumerate((Rounding.DOUBLE, Rounding.SINGLE)):
        want = requantize(acc, multiplier, -right, rounding)
        np.testing.assert_array_equal(got[:, column], want)
