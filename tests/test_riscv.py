"""The RISC-V core: what its assembly does to stack and counts, its faults, and its extensions."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from mote.errors import ToolError
from mote.run.count import RUN_ROW, BlockCount
from mote.run.cycles import disassemble, estimate
from mote.run.cycles.instruction import Instruction
from mote.run.cycles.riscv import cycles as cycles_of
from mote.run.elf import read_image, window
from mote.run.firmware import Firmware
from mote.run.qemu import run
from mote.run.stack import stack_bound
from mote.target import Core
from mote.target.tools import RISC_V
from toy_project import EMULATED, parametrized, toy_firmware, words

every_risc_v_core = parametrized([core for core in EMULATED if core.tools is RISC_V])


def assembly(name: str, *lines: str) -> str:
    text = "\\n\\t".join(lines)
    return f'__attribute__((naked)) void {name}(uint8_t *arena) {{ __asm volatile("{text}"); }}\n'


RETURN = assembly("layer_99_return", "ret")
LOOP = ("li a1, 100", "1: addi a1, a1, -1", "bnez a1, 1b", "ret")  # 1 + 2 * 100 + 1


def looping(core: Core, directory: Path) -> Firmware:
    code = assembly("layer_00_loop", *LOOP) + RETURN
    return toy_firmware(code, ["layer_00_loop", "layer_99_return"], core, directory)


def count(firmware: Firmware, layers: Sequence[str], *samples: int) -> tuple[BlockCount, ...]:
    watched = window(read_image(firmware.elf), "toy", layers)
    return run(firmware, [words(s) for s in samples or (0,)], window=watched).counts


def by_row(counts: Sequence[BlockCount]) -> dict[int, int]:
    """Executed instructions of each row, from QEMU alone."""
    rows: dict[int, int] = {}
    for c in counts:
        rows[c.row] = rows.get(c.row, 0) + c.executed * c.instructions
    return rows


@every_risc_v_core
def test_instructions_and_cycles_of_a_loop_of_known_length(core: Core, tmp_path: Path) -> None:
    firmware = looping(core, tmp_path)
    counts = count(firmware, ["layer_00_loop", "layer_99_return"])
    rows = estimate(counts, disassemble(firmware.elf, core), core)
    assert {row: cost.instructions for row, cost in rows.items()} == by_row(counts)
    assert rows[1].instructions == 1 + 2 * 100 + 1
    assert rows[2].instructions == 1
    assert rows[1].cycles == 1 + 100 * 2 + 99 * 2 + 2  # 99 taken branches, and a jump back
    assert rows[RUN_ROW].instructions >= 6


@every_risc_v_core
def test_branches_taken_and_not_taken_are_told_apart(core: Core, tmp_path: Path) -> None:
    layers = ["layer_00_loop", "layer_99_return"]
    counts = [c for c in count(looping(core, tmp_path), layers) if c.row == 1]
    whole, again, leave = sorted(counts, key=lambda c: -c.instructions)
    assert (whole.instructions, whole.executed, whole.taken_in, whole.taken_out) == (3, 1, 1, 1)
    assert (again.instructions, again.executed, again.taken_in, again.taken_out) == (2, 99, 99, 98)
    assert (leave.instructions, leave.executed, leave.taken_in, leave.taken_out) == (1, 1, 0, 1)


@pytest.mark.parametrize("shift", [0, 2])
@every_risc_v_core
def test_code_across_a_page_counts_once(core: Core, shift: int, tmp_path: Path) -> None:
    """An instruction of 32 bits before, across and after the end of a page, in a loop."""
    start = ["mv a4, ra", "li a3, 7", "jal 7f", "mv ra, a4", "ret", "9: ret"]
    fill = [".balign 4096", *["c.nop"] * ((4096 - 16 - shift) // 2)]
    wide = [".option push", ".option norvc", *["lui a5, 0x12345"] * 6, ".option pop"]
    loop = ["7: mv a2, ra", "8:", *wide, "addi a3, a3, -1", "bnez a3, 8b", "jr a2"]
    code = assembly("layer_00_page", *start, *fill, *loop) + RETURN
    layers = ["layer_00_page", "layer_99_return"]
    rows = by_row(count(toy_firmware(code, layers, core, tmp_path), layers))
    assert rows[1] == 3 + 1 + 7 * (6 + 2) + 1 + 2


@every_risc_v_core
def test_a_routine_that_two_layers_share_counts_for_the_layer_that_called_it(
    core: Core, tmp_path: Path
) -> None:
    shared = assembly("kernel", "1: addi a1, a1, -1", "bnez a1, 1b", "ret")
    calls = [
        assembly(f"layer_0{i}_call", "mv a4, ra", f"li a1, {n}", "jal kernel", "mv ra, a4", "ret")
        for i, n in enumerate((10, 25))
    ]
    layers = ["layer_00_call", "layer_01_call", "layer_99_return"]
    firmware = toy_firmware(shared + "".join(calls) + RETURN, layers, core, tmp_path)
    rows = by_row(count(firmware, layers))
    assert [rows[i] for i in (1, 2)] == [5 + 2 * n + 1 for n in (10, 25)]


@every_risc_v_core
def test_stack_is_counted_to_the_word(core: Core, tmp_path: Path) -> None:
    used = {}
    for frame in (16, 1008, 40_000):
        lines = ("addi sp, sp, -16", f"li a1, {frame}", "sub a2, sp, a1", "sw a0, 0(a2)")
        code = assembly("layer_00_stack", *lines, "addi sp, sp, 16", "ret") + RETURN
        layers = ["layer_00_stack", "layer_99_return"]
        firmware = toy_firmware(code, layers, core, tmp_path / str(frame))
        used[frame] = run(firmware, [words()]).stack_bytes
    run_frame = used[16] - 32
    assert run_frame == 16
    assert used == {frame: run_frame + 16 + frame for frame in used}


@every_risc_v_core
def test_too_deep_a_stack_is_reported(core: Core, tmp_path: Path) -> None:
    lines = ("mv a3, sp", "li a2, 20000", "1: addi sp, sp, -4", "sw a0, 0(sp)")
    code = assembly("layer_00_deep", *lines, "addi a2, a2, -1", "bnez a2, 1b", "mv sp, a3", "ret")
    firmware = toy_firmware(code, ["layer_00_deep"], core, tmp_path)
    with pytest.raises(ToolError, match="more than 65,536 B of stack"):
        run(firmware, [words()])


@pytest.mark.parametrize(
    ("line", "cause"),
    [
        ("unimp", 2),
        (".word 0x00052007 # flw ft0, 0(a0)", 2),
        (".word 0x0005202f # amoadd.w zero, zero, (a0)", 2),
        (".word 0x20b52533 # sh1add a0, a0, a1", 2),
        ("li a5, 8\\n\\tlw a5, 0(a5)", 5),
    ],
)
@every_risc_v_core
def test_a_fault_names_the_function_and_its_cause(
    core: Core, line: str, cause: int, tmp_path: Path
) -> None:
    """Also what the core lacks faults: floating point, atomics, bit manipulation."""
    firmware = toy_firmware(assembly("layer_00_bad", line, "ret"), ["layer_00_bad"], core, tmp_path)
    with pytest.raises(
        ToolError, match=rf"program faulted\n.*in layer_00_bad: .*pc=0x8.* mcause={cause:#x} "
    ):
        run(firmware, [words()])


@pytest.mark.parametrize(
    ("lines", "complaint"),
    [
        (("mv a4, ra", "jal layer_00_toy", "mv ra, a4", "ret"), "layer_00_toy calls itself"),
        (("lw a5, 0(a0)", "jr a5"), "calls through a pointer"),
        (("lw a5, 0(a0)", "sub sp, sp, a5", "ret"), "nothing says how deep it is"),
        (("mv sp, s0", "ret"), "nothing says how deep it is"),
        (("jal t0, layer_99_return", "ret"), "nothing says how deep it is"),
        (("1: addi sp, sp, -16", "j 1b"), "is 65552 B deep"),
    ],
)
@every_risc_v_core
def test_stack_without_a_bound_is_refused(
    core: Core, lines: Sequence[str], complaint: str, tmp_path: Path
) -> None:
    code = assembly("layer_00_toy", *lines) + RETURN
    firmware = toy_firmware(code, ["layer_00_toy", "layer_99_return"], core, tmp_path)
    instructions = disassemble(firmware.elf, core)
    with pytest.raises(ToolError, match=complaint):
        stack_bound(
            read_image(firmware.elf), instructions, "toy_run", through_pointers={"toy_run": ()}
        )


@pytest.mark.parametrize(
    ("line", "cycles"),
    [
        ("add a0,a0,a1", 1),
        ("bnez a0,80000010", 1),
        ("lbu a0,0(a1)", 2),
        ("sw a0,0(a1)", 2),
        ("jal 80000010", 2),
        ("ret ", 2),
        ("mul a0,a0,a1", 3),
        ("mulh a0,a0,a1", 4),
        ("div a0,a0,a1", 37),
    ],
)
def test_costs_are_those_of_the_table(line: str, cycles: int) -> None:
    mnemonic, _, operands = line.partition(" ")
    one = Instruction(0x80000000, 4, mnemonic, operands)
    block = BlockCount(one.address, one.address + 4, 1, 1, 10, 0, 0)
    assert cycles_of([one], block) == 10 * cycles


def test_only_taken_branches_stall() -> None:
    branch = Instruction(0x80000000, 4, "bltu", "a0,a1,80000010")
    jump = Instruction(0x80000000, 4, "j", "80000010")
    taken = BlockCount(branch.address, branch.address + 4, 1, 1, 10, 0, 7)
    assert cycles_of([branch], taken) == 10 + 7 * 2
    assert cycles_of([jump], taken) == 10 * 2
