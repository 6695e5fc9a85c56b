"""Instruction counts are exact: assembly of known length, by layer, on every core."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from mote.run.count import RUN_ROW, BlockCount
from mote.run.cycles import disassemble, estimate
from mote.run.elf import read_image, window
from mote.run.firmware import Firmware
from mote.run.qemu import run
from mote.target import Core
from mote.target.cores import CORES
from toy_project import every_arm_core, toy_firmware, words

M4 = CORES["cortex-m4"]


def assembly(name: str, *lines: str) -> str:
    text = "\\n\\t".join((".syntax unified", *lines))
    return f'__attribute__((naked)) void {name}(uint8_t *arena) {{ __asm volatile("{text}"); }}\n'


def count(firmware: Firmware, layers: Sequence[str], *samples: int) -> tuple[BlockCount, ...]:
    watched = window(read_image(firmware.elf), "toy", layers)
    return run(firmware, [words(s) for s in samples or (0,)], window=watched).counts


def by_row(counts: Sequence[BlockCount]) -> dict[int, int]:
    """Executed instructions of each row, from QEMU alone."""
    rows: dict[int, int] = {}
    for c in counts:
        rows[c.row] = rows.get(c.row, 0) + c.executed * c.instructions
    return rows


RETURN = assembly("layer_99_return", "bx lr")
"""The last layer of the tests: GCC may jump to it instead of calling it."""

LOOP = ("movs r1, #100", "1: subs r1, #1", "bne 1b", "bx lr")  # 1 + 2 * 100 + 1


@every_arm_core
def test_a_loop_of_known_length(core: Core, tmp_path: Path) -> None:
    layers = ["layer_00_loop", "layer_99_return"]
    firmware = toy_firmware(assembly(layers[0], *LOOP) + RETURN, layers, core, tmp_path)
    rows = by_row(count(firmware, layers))
    assert rows[1] == 202
    assert rows[2] == 1
    # toy_run: push, mov, bl; mov; then the last call with or without a jump: pop, b | bl, pop.
    assert 6 <= rows[RUN_ROW] <= 7


@every_arm_core
def test_a_function_that_two_layers_share_counts_for_the_layer_that_called_it(
    core: Core, tmp_path: Path
) -> None:
    shared = assembly("kernel", "1: subs r1, #1", "bne 1b", "bx lr").replace("void", "static void")
    calls = [
        assembly(f"layer_0{i}_call", "push {r4, lr}", f"movs r1, #{n}", "bl kernel", "pop {r4, pc}")
        for i, n in enumerate((10, 25, 3))
    ]
    code = shared.replace("naked", "naked, used") + "".join(calls) + RETURN
    layers = ["layer_00_call", "layer_01_call", "layer_02_call", "layer_99_return"]
    rows = by_row(count(toy_firmware(code, layers, core, tmp_path), layers))
    assert [rows[i] for i in (1, 2, 3)] == [4 + 2 * n + 1 for n in (10, 25, 3)]


@every_arm_core
def test_branches_taken_and_not_taken_are_told_apart(core: Core, tmp_path: Path) -> None:
    layers = ["layer_00_loop", "layer_99_return"]
    firmware = toy_firmware(assembly(layers[0], *LOOP) + RETURN, layers, core, tmp_path)
    counts = [c for c in count(firmware, layers) if c.row == 1]
    whole, again, leave = sorted(counts, key=lambda c: -c.instructions)
    assert (whole.instructions, whole.executed, whole.taken_in, whole.taken_out) == (3, 1, 1, 1)
    assert (again.instructions, again.executed, again.taken_in, again.taken_out) == (2, 99, 99, 98)
    assert (leave.instructions, leave.executed, leave.taken_in, leave.taken_out) == (1, 1, 0, 1)


@pytest.mark.parametrize("shift", [0, 2])
@every_arm_core
def test_code_across_a_page_counts_once(core: Core, shift: int, tmp_path: Path) -> None:
    """A 32-bit instruction (bl) before, across and after the end of a page, in a loop."""
    start = ["push {r4, lr}", "movs r4, #7", "bl 7f", "pop {r4, pc}", "9: bx lr"]
    fill = [".balign 4096", *["nop"] * ((4096 - 16 - shift) // 2)]
    loop = ["7: mov r3, lr", "8:", *["bl 9b"] * 6, "subs r4, #1", "bne 8b", "bx r3"]
    lines = start + fill + loop
    code = assembly("layer_00_page", *lines) + RETURN
    layers = ["layer_00_page", "layer_99_return"]
    rows = by_row(count(toy_firmware(code, layers, core, tmp_path), layers))
    assert rows[1] == 3 + 1 + 7 * (6 * 2 + 2) + 1 + 1


def test_skipped_conditional_instructions_count(tmp_path: Path) -> None:
    """An instruction that an IT block skips is fetched and takes its cycle."""
    lines = ("cmp r0, r0", "itt ne", "addne r1, r1, #1", "addne r1, r1, #1", "bx lr")
    layers = ["layer_00_it", "layer_99_return"]
    firmware = toy_firmware(assembly(layers[0], *lines) + RETURN, layers, M4, tmp_path)
    assert by_row(count(firmware, layers))[1] == 5


def test_only_the_first_sample_is_counted(tmp_path: Path) -> None:
    lines = ("ldr r1, [r0]", "1: subs r1, #1", "bne 1b", "bx lr")
    layers = ["layer_00_loop", "layer_99_return"]
    firmware = toy_firmware(assembly(layers[0], *lines) + RETURN, layers, M4, tmp_path)
    assert by_row(count(firmware, layers, 5, 1000, 7))[1] == 2 + 2 * 5


@every_arm_core
def test_two_runs_count_the_same(core: Core, tmp_path: Path) -> None:
    layers = ["layer_00_loop", "layer_99_return"]
    code = assembly(layers[0], *LOOP) + RETURN
    first = toy_firmware(code, layers, core, tmp_path / "a")
    second = toy_firmware(code, layers, core, tmp_path / "b")
    assert first.elf.read_bytes() == second.elf.read_bytes()
    assert count(first, layers) == count(second, layers) == count(first, layers)


@every_arm_core
def test_rows_add_up_to_every_instruction_of_the_window(core: Core, tmp_path: Path) -> None:
    layers = ["layer_00_loop", "layer_99_return"]
    firmware = toy_firmware(assembly(layers[0], *LOOP) + RETURN, layers, core, tmp_path)
    counts = count(firmware, layers)
    rows = estimate(counts, disassemble(firmware.elf, core), core)
    assert {row: cost.instructions for row, cost in rows.items()} == by_row(counts)
    assert all(cost.cycles > 0 for cost in rows.values())


@pytest.mark.parametrize(
    ("core", "cycles"),
    [
        # movs 1, 100 x subs 1, 100 x bne 1, bx 1; entry and 99 taken branches refill.
        ("cortex-m0plus", 202 + 100),
        ("cortex-m3", 202 + 100),
        ("cortex-m4", 202 + 100),
        ("cortex-m33", 202 + 100),
    ],
)
def test_cycles_of_a_loop_follow_from_the_table(core: str, cycles: int, tmp_path: Path) -> None:
    layers = ["layer_00_loop", "layer_99_return"]
    code = assembly(layers[0], *LOOP) + RETURN
    firmware = toy_firmware(code, layers, CORES[core], tmp_path)
    rows = estimate(count(firmware, layers), disassemble(firmware.elf, CORES[core]), CORES[core])
    assert rows[1].cycles == cycles
