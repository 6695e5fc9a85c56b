"""Running on emulated cores: data in and out, stack, traces, and every way to fail."""

from pathlib import Path

import numpy as np
import pytest

from mote.errors import InputError, TargetError, ToolError
from mote.run.qemu import run
from mote.target import Core
from mote.target.cores import CORES
from toy_project import NOTHING, WORDS, every_arm_core, every_core, toy_firmware, words

M0PLUS, M4 = CORES["cortex-m0plus"], CORES["cortex-m4"]

SQUARES = """
__attribute__((noinline)) void layer_00_squares(uint8_t *arena)
{
    const int32_t *x = (const int32_t *)(void *)arena;
    int32_t *y = (int32_t *)(void *)(arena + 32);
    for (int i = 0; i < 8; i++) y[i] = x[i] * x[i] / 3;
}
__attribute__((noinline)) void layer_01_halves(uint8_t *arena)
{
    int32_t *y = (int32_t *)(void *)(arena + 32);
    for (int i = 0; i < 8; i++) y[i] = (int32_t)((float)y[i] * 0.5f);
}
"""


@every_core
def test_every_sample_goes_in_and_its_outputs_come_out(core: Core, tmp_path: Path) -> None:
    firmware = toy_firmware(SQUARES, ["layer_00_squares", "layer_01_halves"], core, tmp_path)
    samples = [words(3, -6, 30_000), words(), words(*range(1, WORDS + 1))]
    outputs = run(firmware, samples).outputs
    for (x,), (y,) in zip(samples, outputs, strict=True):
        np.testing.assert_array_equal(y, (x * x // 3) // 2)


@every_core
def test_a_trace_holds_every_step_of_every_sample(core: Core, tmp_path: Path) -> None:
    layers = ["layer_00_squares", "layer_01_halves"]
    firmware = toy_firmware(SQUARES, layers, core, tmp_path, trace=True)
    execution = run(firmware, [words(3), words(9)])
    assert [trace["y"][0] for trace in execution.traces] == [1, 13]


def stack_user(frame_bytes: int) -> str:
    """A layer that pushes two words, then reserves and writes a frame."""
    return f"""
__attribute__((naked)) void layer_00_stack(uint8_t *arena)
{{
    __asm volatile("push {{r4, lr}}\\n\\t"
                   "ldr r4, ={frame_bytes}\\n\\t"
                   "mov r1, sp\\n\\t"
                   "sub r1, r1, r4\\n\\t"
                   "str r0, [r1]\\n\\t"
                   "pop {{r4, pc}}\\n\\t"
                   ".ltorg");
}}
__attribute__((naked)) void layer_01_return(uint8_t *arena) {{ __asm("bx lr"); }}
"""


@every_arm_core
def test_stack_is_counted_to_the_word(core: Core, tmp_path: Path) -> None:
    layers = ["layer_00_stack", "layer_01_return"]  # the last call of run may be a jump
    used = {}
    for frame in (4, 1000, 40_000):
        firmware = toy_firmware(stack_user(frame), layers, core, tmp_path / str(frame))
        used[frame] = run(firmware, [words()]).stack_bytes
    run_frame = used[4] - 8 - 4
    assert run_frame in (8, 16)
    assert used == {frame: run_frame + 8 + frame for frame in used}


def test_stack_is_the_most_of_all_samples(tmp_path: Path) -> None:
    code = """
__attribute__((naked)) void layer_00_stack(uint8_t *arena)
{
    __asm volatile("ldr r1, [r0]\\n\\tmov r2, sp\\n\\tsub r2, r2, r1\\n\\tstr r1, [r2]\\n\\tbx lr");
}"""
    firmware = toy_firmware(code, ["layer_00_stack"], M4, tmp_path)
    deep = run(firmware, [words(64), words(512), words(128)]).stack_bytes
    assert deep == run(firmware, [words(512)]).stack_bytes
    assert deep - run(firmware, [words(64)]).stack_bytes == 512 - 64


DEEP = """
__attribute__((naked)) void layer_00_deep(uint8_t *arena)
{
    __asm volatile(".syntax unified\\n\\t"
                   "mov r3, sp\\n\\t"
                   "ldr r2, =20000\\n\\t"
                   "1: push {r0}\\n\\t"
                   "subs r2, #1\\n\\t"
                   "bne 1b\\n\\t"
                   "mov sp, r3\\n\\t"
                   "bx lr\\n\\t"
                   ".ltorg");
}"""


@every_arm_core
def test_too_deep_a_stack_is_reported(core: Core, tmp_path: Path) -> None:
    firmware = toy_firmware(DEEP, ["layer_00_deep"], core, tmp_path)
    with pytest.raises(ToolError, match="more than 65,536 B of stack"):
        run(firmware, [words()])


@every_arm_core
def test_a_fault_names_the_function_and_the_registers(core: Core, tmp_path: Path) -> None:
    code = '__attribute__((naked)) void layer_00_bad(uint8_t *arena) { __asm("udf #0"); }'
    firmware = toy_firmware(code, ["layer_00_bad"], core, tmp_path)
    with pytest.raises(ToolError, match=r"program faulted\n.*in layer_00_bad: .*pc=0x"):
        run(firmware, [words()])


UNALIGNED = """
__attribute__((naked)) void layer_00_load(uint8_t *arena)
{
    __asm volatile("add r0, #1\\n\\tldr r1, [r0]\\n\\tbx lr");
}"""


def test_unaligned_loads_fault_as_on_an_m0plus(tmp_path: Path) -> None:
    firmware = toy_firmware(UNALIGNED, ["layer_00_load"], M0PLUS, tmp_path)
    with pytest.raises(ToolError, match="in layer_00_load"):
        run(firmware, [words()])


def test_unaligned_loads_work_on_an_m4(tmp_path: Path) -> None:
    run(toy_firmware(UNALIGNED, ["layer_00_load"], M4, tmp_path), [words()])


def test_a_program_that_does_not_end_is_stopped(tmp_path: Path) -> None:
    code = '__attribute__((naked)) void layer_00_loop(uint8_t *arena) { __asm("1: b 1b"); }'
    firmware = toy_firmware(code, ["layer_00_loop"], M4, tmp_path)
    with pytest.raises(ToolError, match="did not finish within 1 s"):
        run(firmware, [words()], timeout_s=1)


def test_wrong_samples_are_refused_before_anything_runs(tmp_path: Path) -> None:
    firmware = toy_firmware(NOTHING, ["layer_00_none"], M4, tmp_path)
    with pytest.raises(InputError, match=r"found int32 \[3\], allowed: int32 \[8\]"):
        run(firmware, [(np.zeros(3, np.int32),)])
    with pytest.raises(InputError, match=r"found float32 \[8\]"):
        run(firmware, [(np.zeros(8, np.float32),)])
    with pytest.raises(InputError, match="2 arrays given, the model has 1 inputs"):
        run(firmware, [words() * 2])


def test_the_host_cannot_be_emulated(tmp_path: Path) -> None:
    with pytest.raises(TargetError, match="host"):
        toy_firmware(NOTHING, ["layer_00_none"], CORES["host"], tmp_path)


def test_code_that_does_not_compile_shows_the_compiler_message(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match=r"arm-none-eabi-gcc: failed.*\n(.*\n)*.*no_such_type"):
        toy_firmware("no_such_type x;", ["layer_00_none"], M4, tmp_path)


def test_a_model_larger_than_the_machine_is_refused(tmp_path: Path) -> None:
    code = """
static const int8_t table[5 << 20] = {1};
void layer_00_sum(uint8_t *arena) { *arena = (uint8_t)table[*arena]; }
"""
    with pytest.raises(TargetError, match="mps2-an386 has 4,194,048 B for code"):
        toy_firmware(code, ["layer_00_sum"], M4, tmp_path)
