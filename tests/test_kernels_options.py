"""Kernels under other compiler options than those that Mote measures with: users have their own."""

import numpy as np
import pytest

import mote
from mote import reference
from mote.run import firmware
from random_layers import (
    random_conv_2d,
    random_depthwise_conv_2d,
    random_fully_connected,
    side_by_side,
)

slow = pytest.mark.slow
OPTIONS = [
    "-O0",
    "-O3 -flto",
    pytest.param("-O1", marks=slow),
    pytest.param("-Os", marks=slow),
    pytest.param("-O3 -funroll-loops -fno-omit-frame-pointer", marks=slow),
    pytest.param("-Os -flto", marks=slow),
    pytest.param("-O2 -flto -fipa-pta", marks=slow),
]


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize(
    "target", ["cortex-m4", "cortex-m0plus", pytest.param("cortex-m33", marks=slow)]
)
def test_layers_equal_the_reference(
    target: str, options: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Assembly in a naked function must survive inlining, cloning and whole-program analysis."""
    kept = tuple(flag for flag in firmware.CFLAGS if not flag.startswith("-O"))
    monkeypatch.setattr(firmware, "CFLAGS", (*kept, *options.split()))
    if "-flto" in options:
        monkeypatch.setattr(firmware, "LDFLAGS", (*firmware.LDFLAGS, *options.split()))
        # The vectors and the fault handler are found by name alone.
        monkeypatch.setattr(firmware, "HARNESS_CFLAGS", (*firmware.HARNESS_CFLAGS, "-fno-lto"))
    rng = np.random.default_rng(31)
    kinds = (random_conv_2d, random_depthwise_conv_2d, random_fully_connected)
    layers = [make(rng) for make in kinds for _ in range(10)]
    inputs = [rng.integers(-128, 128, layer.tensors["x"].shape).astype(np.int8) for layer in layers]
    (outputs,) = mote.compile(side_by_side(layers), target).run_samples([inputs])
    for layer, x, got in zip(layers, inputs, outputs, strict=True):
        np.testing.assert_array_equal(got, reference.run(layer, [x])["y"])
