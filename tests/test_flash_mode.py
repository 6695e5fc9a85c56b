"""What ``--optimize flash`` promises: each weight once, in a byte, and little beside them."""

import math

import pytest

import mote
from mote.plan.kernel_choice import BESIDE_WEIGHTS_IN_FLASH
from shared import shared_path

FILES = {
    "ad": "ad01_int8.tflite",
    "ic": "pretrainedResnet_quant.tflite",
    "kws": "kws_ref_model.tflite",
    "vww": "vww_96_int8.tflite",
}
MISSED = {"vww": 9_500}
"""Where what is beside the weights takes more, and how much at most."""


def modes(*names: str) -> list[object]:
    return [pytest.param(n, marks=() if n == "ad" else pytest.mark.slow) for n in names]


@pytest.mark.parametrize("name", modes(*FILES))
def test_flash_holds_each_weight_once_in_a_byte_and_little_beside_them(name: str) -> None:
    build = mote.compile(
        shared_path(f"models/mlperf_tiny/{FILES[name]}"), "cortex-m4", optimize="flash"
    )
    weights = [(i, c) for i, c in build.program.arrays if c.field == "weights"]
    for index, constant in weights:
        tensor = build.program.graph.tensors[build.program.steps[index].node.inputs[1]]
        outputs = tensor.shape[-1 if tensor.shape[0] == 1 else 0]
        taps = math.prod(tensor.shape) // outputs
        # Channels stand in pairs, and their taps in fours.
        most = (outputs + 1) * (taps + 3)
        assert constant.learnt_bytes <= most, build.program.steps[index].node.name
    totals = build.profile().totals
    beside = totals.code_bytes - totals.startup_bytes + totals.rodata_bytes
    assert beside <= MISSED.get(name, BESIDE_WEIGHTS_IN_FLASH)
