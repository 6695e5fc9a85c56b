"""The four MLPerf Tiny models on every emulated core: the reference's bytes, and a full account."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest

import mote
from mote import reference
from mote.build import Build
from mote.ir.tensor import Array
from mote.run.cycles import disassemble
from mote.run.elf import read_image
from mote.run.firmware import build
from mote.run.qemu import Execution, run
from mote.run.stack import StackBound, model_stack
from mote.run.verify import random_samples
from mote.target import Core
from shared import shared_path
from toy_project import every_core

MODELS = {
    "vww": "vww_96_int8",
    "ic": "pretrainedResnet_quant",
    "kws": "kws_ref_model",
    "ad": "ad01_int8",
}
SAMPLES = 3

every_model = pytest.mark.parametrize("model", MODELS)


@cache
def compiled(model: str, target: str) -> Build:
    return mote.compile(shared_path(f"models/mlperf_tiny/{MODELS[model]}.tflite"), target)


@cache
def expected(model: str) -> tuple[tuple[Sequence[Array], dict[str, Array]], ...]:
    """Samples, and every tensor that the reference computes from each."""
    graph = compiled(model, "cortex-m4").graph
    samples = random_samples(graph, SAMPLES, 7)
    return tuple((sample, reference.run(graph, sample)) for sample in samples)


@cache
def executed(model: str, core: str) -> tuple[Execution, StackBound]:
    """The samples on a core, and what is known of its stack without running anything."""
    built = compiled(model, core)
    with TemporaryDirectory() as directory:
        firmware = build(built.files, built.interface, built.target.core, Path(directory))
        image, code = read_image(firmware.elf), disassemble(firmware.elf, firmware.core)
        execution = run(firmware, [sample for sample, _ in expected(model)])
    return execution, model_stack(image, code, built.program)


@every_model
@every_core
def test_outputs_equal_the_reference(model: str, core: Core) -> None:
    outputs = executed(model, core.name)[0].outputs
    for (_, tensors), arrays in zip(expected(model), outputs, strict=True):
        for name, array in zip(compiled(model, core.name).graph.outputs, arrays, strict=True):
            np.testing.assert_array_equal(array, tensors[name])


@every_model
@every_core
def test_no_stack_is_written_beyond_the_bound_and_little_is_missing(model: str, core: Core) -> None:
    execution, bound = executed(model, core.name)
    assert bound.bytes - 32 <= execution.stack_bytes <= bound.bytes, bound.path


@every_model
def test_every_tensor_on_the_m4_equals_the_reference(model: str) -> None:
    built = compiled(model, "cortex-m4")
    with TemporaryDirectory() as directory:
        firmware = build(
            built.files, built.interface, built.target.core, Path(directory), trace=True
        )
        traces = run(firmware, [sample for sample, _ in expected(model)]).traces
    for (_, tensors), trace in zip(expected(model), traces, strict=True):
        assert len(trace) == len(built.program.steps) > 5
        for name, array in trace.items():
            np.testing.assert_array_equal(array, tensors[name], err_msg=name)


@every_model
def test_a_profile_accounts_for_everything(model: str) -> None:
    profile = compiled(model, "cortex-m4").profile()
    totals, layers, own = profile.totals, profile.layers, profile.run
    assert sum(layer.instructions for layer in layers) + own.instructions == totals.instructions
    assert sum(layer.cycles for layer in layers) + own.cycles == totals.cycles
    assert sum(layer.macs for layer in layers) == totals.macs
    assert all(layer.instructions > 0 and layer.cycles > 0 for layer in layers)
    assert sum(layer.weights_bytes for layer in layers) == totals.weights_bytes
    assert sum(layer.rodata_bytes for layer in layers) <= totals.rodata_bytes
    assert totals.flash_bytes == totals.code_bytes + totals.rodata_bytes + totals.weights_bytes
    assert totals.startup_bytes < 1500
    parts = (totals.arena_bytes, totals.scratch_bytes, totals.stack_bytes, totals.variables_bytes)
    assert totals.ram_bytes == sum(parts)
    assert totals.variables_bytes == 0
    peak = compiled(model, "cortex-m4").plan.total_bytes
    assert max(layer.ram_live_bytes for layer in layers) <= peak


def test_profiles_repeat() -> None:
    built = compiled("kws", "cortex-m4")
    assert built.profile() == built.profile()
