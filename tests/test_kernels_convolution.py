"""The kernels with weights: equal to the reference in every byte, and within their buffers."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import mote
from chain_layers import tight_layer
from kernel_runner import run_steps
from mote import reference
from mote.ir import DType, Graph, verify
from mote.ir.ops import Conv2D, Rounding
from mote.lower.kernels import KERNELS
from mote.lower.lower import lower
from mote.plan.forms import forms
from mote.target.cores import CORES
from mote.target.target import Core
from random_layers import (
    chain_with_dead_channels,
    random_conv_2d,
    random_conv_3x3,
    random_depthwise_3x3,
    random_depthwise_conv_2d,
    random_depthwise_window,
    random_fully_connected,
    side_by_side,
)
from test_kernels_chain_affine import random_first_layer, steep_layer, wide_layers
from test_kernels_depthwise_slots import FORMS, layers_by_slots
from test_kernels_points import point_layers

LAYERS: dict[str, Callable[[np.random.Generator], Graph]] = {
    "conv_2d": random_conv_2d,
    "depthwise_conv_2d": random_depthwise_conv_2d,
    "fully_connected": random_fully_connected,
}
WINDOWS = {**LAYERS, "depthwise windows": random_depthwise_window}
every_kind = pytest.mark.parametrize("kind", LAYERS)
every_family = pytest.mark.parametrize(
    "core",
    [CORES[name] for name in ("cortex-m3", "cortex-m0plus", "cortex-m4", "cortex-m55")],
    ids=["portable", "swar", "dsp", "mve"],
)


def _inputs(graph: Graph, rng: np.random.Generator) -> np.ndarray:
    shape = graph.tensors["x"].shape
    match rng.integers(4):
        case 0:
            return np.full(shape, rng.choice([-128, 127]), np.int8)
        case 1:
            return rng.choice(np.array([-128, 127], np.int8), shape)
        case _:
            return rng.integers(-128, 128, shape).astype(np.int8)


def _check(graphs: list[Graph], core: Core, rng: np.random.Generator, folder: Path) -> set[str]:
    """Run every kernel call of every graph on the reference's tensors; return the kernels used."""
    steps, xs, expected = [], [], []
    for graph in graphs:
        verify(graph)
        x = _inputs(graph, rng)
        tensors = {"x": x, **reference.run(graph, [x])}
        for step in (form for made in lower(graph, core).steps for form in forms(made)):
            steps.append(step)
            xs.append([tensors[step.node.inputs[0]]])
            expected.append(tensors[step.node.output])
    found = run_steps(steps, xs, expected, folder)
    for step, want, got in zip(steps, expected, found, strict=True):
        np.testing.assert_array_equal(got, want, err_msg=f"{step.kernel.name} {step.node.op}")
    return {step.kernel.name for step in steps}


@every_kind
@every_family
def test_random_layers_equal_the_reference(kind: str, core: Core, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    layers = [LAYERS[kind](rng) for _ in range(150)]
    if kind == "conv_2d":
        layers += [random_conv_3x3(rng) for _ in range(12)]
        layers += [random_conv_3x3(rng, heights=(3, 7)) for _ in range(10)]
        layers.append(tight_layer(rng, 1, Rounding.SINGLE, 5, 33))  # in pieces, without lines
        layers += [*point_layers(np.random.default_rng(2), 20), random_first_layer(rng)]
        layers += wide_layers(np.random.default_rng(3), (143,), 9, 24)
        op = Conv2D(rounding=Rounding.SINGLE)
        layers.append(steep_layer(np.random.default_rng(4), (9, 9, 32), op))
    if kind == "depthwise_conv_2d":
        layers += [random_depthwise_window(rng) for _ in range(40)]
        layers += [
            random_depthwise_3x3(rng, width)
            for width in (3, 4, 5, 6, 8, 9, 10, 12)
            for _ in range(4)
        ]
        layers += [
            random_depthwise_3x3(rng, width, stride=2) for width in (9, 11) for _ in range(4)
        ]
        layers += layers_by_slots(np.random.default_rng(3), len(FORMS))
    used = _check(layers, core, rng, tmp_path)
    int8 = (DType.INT8, DType.INT8)
    own = [k for k in KERNELS.values() if (k.operator.kind, k.dtypes) == (kind, int8)]
    # Layers that write or read parts of tensors are those of test_joined_channels.py, those for
    # the Cortex-M7 of test_kernels_chain_affine.py and test_kernels_chain_split_affine.py.
    own = [k for k in own if not k.takes_strides and not k.name.endswith("_dual")]
    if core.mve:
        assert {k.name for k in own if k.needs_mve} <= used
    elif core.swar:
        assert {k.name for k in own if k.needs_swar or k.needs_narrow} <= used
    else:
        own = [k for k in own if not (k.needs_mve or k.needs_swar or k.needs_narrow)]
        assert {k.name for k in own if k.needs_dsp == core.dsp} <= used


@every_family
def test_layers_behind_dead_channels_equal_the_reference(core: Core, tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    _check([chain_with_dead_channels(rng) for _ in range(25)], core, rng, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("kind", WINDOWS)
@every_family
def test_many_random_layers_equal_the_reference(kind: str, core: Core, tmp_path: Path) -> None:
    for seed in range(100, 120):
        rng = np.random.default_rng(seed)
        folder = tmp_path / str(seed)
        folder.mkdir()
        _check([WINDOWS[kind](rng) for _ in range(150)], core, rng, folder)


@pytest.mark.parametrize("kind", [*WINDOWS, "dead channels"])
@pytest.mark.parametrize("target", ["cortex-m0plus", "cortex-m4", "cortex-m33", "cortex-m55"])
def test_the_assembly_of_the_kernels_equals_the_reference(target: str, kind: str) -> None:
    rng = np.random.default_rng(3)
    make = WINDOWS.get(kind, chain_with_dead_channels)
    layers = [make(rng) for _ in range(30)]
    inputs = [_inputs(layer, rng) for layer in layers]
    build = mote.compile(side_by_side(layers), target)
    (outputs,) = build.run_samples([inputs])
    for layer, x, got in zip(layers, inputs, outputs, strict=True):
        want = reference.run(layer, [x])["y"]
        np.testing.assert_array_equal(got, want, err_msg=str(layer.nodes[0].op))
