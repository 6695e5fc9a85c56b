"""What the modes cost on the emulated cores: the estimates rank schedules as measuring does."""

import pytest

import mote
from mote.plan import SLOWDOWN
from shared import shared_path

FILES = {
    "ad": "ad01_int8.tflite",
    "ic": "pretrainedResnet_quant.tflite",
    "kws": "kws_ref_model.tflite",
    "vww": "vww_96_int8.tflite",
}
CORES = ("cortex-m0plus", "cortex-m4")
FAST = {("kws", "cortex-m0plus")}
CASES = [
    pytest.param(name, core, marks=() if (name, core) in FAST else pytest.mark.slow)
    for name in FILES
    for core in CORES
]


@pytest.mark.parametrize(("name", "core"), CASES)
def test_less_time_takes_fewer_instructions_and_less_ram_fewer_bytes(name: str, core: str) -> None:
    path = shared_path(f"models/mlperf_tiny/{FILES[name]}")
    time, balanced, ram = (
        mote.compile(path, core, optimize=mode).profile().totals
        for mode in ("time", "balanced", "ram")
    )
    assert time.instructions <= balanced.instructions
    assert time.instructions <= ram.instructions  # which may be fewer than balanced: more flash
    assert time.ram_bytes >= balanced.ram_bytes >= ram.ram_bytes
    assert balanced.cycles <= 1.05 * SLOWDOWN * time.cycles  # limits are of estimates
    assert ram.cycles <= 1.05 * SLOWDOWN * time.cycles
