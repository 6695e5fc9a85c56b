"""Each core's cost table, against the timing tables that its module names."""

import pytest

from mote.run.count import BlockCount
from mote.run.cycles import MODELS, cortex_m0plus, cortex_m4, cortex_m7, cortex_m55
from mote.run.cycles.instruction import Instruction
from mote.target.cores import CORES

WIDE = ("smlal", "smull", "ldr.w", "bl", "smlad", "vldr", "vldrb.u8", "mla")


def code(*lines: str, address: int = 0) -> list[Instruction]:
    found = []
    for line in lines:
        mnemonic, _, operands = line.partition(" ")
        size = 4 if mnemonic in WIDE else 2
        found.append(Instruction(address, size, mnemonic.removesuffix(".w"), operands))
        address += size
    return found


def once(block: list[Instruction], *, taken_in: int = 0, taken_out: int = 0) -> BlockCount:
    end = block[-1].address + block[-1].size
    return BlockCount(block[0].address, end, len(block), 1, 1, taken_in, taken_out)


def test_every_emulated_core_has_a_model() -> None:
    assert set(MODELS) == {name for name, core in CORES.items() if core.machine}


@pytest.mark.parametrize(
    ("line", "cycles"),
    [
        ("adds r0, r0, r1", 1),
        ("muls r0, r1", 1),
        ("ldr r0, [r1]", 2),
        ("strb r0, [r1]", 2),
        ("push {r4, r5, lr}", 1 + 3),
        ("ldmia r0!, {r1, r2}", 1 + 2),
        ("mrs r0, PRIMASK", 3),
        ("dsb sy", 3),
    ],
)
def test_m0plus_instructions(line: str, cycles: int) -> None:
    block = code(line)
    assert cortex_m0plus.cycles(block, once(block)) == cycles


@pytest.mark.parametrize(
    ("line", "taken"),
    [("b 10", 2), ("bne 10", 2), ("bl 10", 3), ("bx lr", 2), ("pop {r4, r5, pc}", 3 + 3)],
)
def test_m0plus_branches_include_the_refill_at_their_target(line: str, taken: int) -> None:
    block, target = code(line), code("movs r0, #0")
    cost = cortex_m0plus.cycles(block, once(block, taken_out=1))
    cost += cortex_m0plus.cycles(target, once(target, taken_in=1))
    assert cost == taken + 1


@pytest.mark.parametrize(
    ("lines", "cycles"),
    [
        (["smlad r0, r1, r2, r0"], 1),
        (["smlal r0, r1, r2, r3"], 1),
        (["udiv r0, r1, r2"], 7),
        (["ldr r0, [r1]"], 2),
        (["ldr r0, [r1]", "ldr r2, [r1, #4]", "ldr r3, [r1, #8]"], 2 + 1 + 1),
        (["ldr r0, [r1]", "ldr r2, [r0]"], 2 + 2),  # the second address is the first result
        (["ldrd r0, r1, [r2]"], 1 + 2),
        (["str r0, [r1]"], 1),
        (["str r0, [r1, r2]"], 2),
        (["push {r4, r5, lr}"], 1 + 3),
        (["adds r0, #1", "it eq", "moveq r0, r1"], 1 + 0 + 1),  # IT folds into a 16-bit one
        (["smlad r0, r1, r2, r0", "it eq", "moveq r0, r1"], 1 + 1 + 1),
        (["vadd.f32 s0, s1, s2", "vmul.f32 s3, s0, s1"], 1 + 2),  # waits for s0
        (["vdiv.f32 s0, s1, s2"], 14),
        (["tbb [pc, r0]"], 2),
    ],
)
def test_m4_instructions(lines: list[str], cycles: int) -> None:
    block = code(*lines)
    assert cortex_m4.cycles(block, once(block)) == cycles


def test_a_taken_branch_to_a_split_instruction_costs_one_more_on_the_m4() -> None:
    aligned, split = code("smlad r0, r1, r2, r0"), code("smlad r0, r1, r2, r0", address=2)
    assert cortex_m4.cycles(aligned, once(aligned, taken_in=1)) == 1 + 1
    assert cortex_m4.cycles(split, once(split, taken_in=1)) == 1 + 2


def test_the_m3_multiplies_slower_than_the_m4() -> None:
    for line, m3 in (("mla r0, r1, r2, r3", 2), ("smull r0, r1, r2, r3", 5), ("muls r0, r1", 1)):
        block = code(line)
        assert MODELS["cortex-m3"](block, once(block)) == m3
        assert MODELS["cortex-m4"](block, once(block)) == 1


def test_the_m33_takes_the_m4_table() -> None:
    block = code("ldr r0, [r1]", "ldr r2, [r1, #4]", "smlad r3, r0, r2, r3", "bne 0")
    count = once(block, taken_in=1)
    assert MODELS["cortex-m33"](block, count) == MODELS["cortex-m4"](block, count)


def test_the_m7_issues_two_independent_instructions_at_once() -> None:
    assert cortex_m7.block_cycles(code("adds r0, #1", "adds r1, #1")) == 1
    assert cortex_m7.block_cycles(code("adds r0, #1", "adds r1, r0, #1")) == 2
    assert cortex_m7.block_cycles(code("adds r0, #1", "adds r0, #1")) == 2
    assert cortex_m7.block_cycles(code("movs r0, #1", "movs r0, #2")) == 1
    assert cortex_m7.block_cycles(code("adds r0, #1", "adds r1, #1", "adds r2, #1")) == 2


def test_the_m7_loads_two_or_stores_one_per_cycle() -> None:
    assert cortex_m7.block_cycles(code("ldr r0, [r2]", "ldr r1, [r2, #4]")) == 1
    assert cortex_m7.block_cycles(code("str r0, [r2]", "str r1, [r2, #4]")) == 2
    assert cortex_m7.block_cycles(code("ldr r0, [r2]", "adds r0, #1")) == 3


def test_the_m7_forwards_accumulators() -> None:
    chained = code("smlad r0, r1, r2, r0", "smlad r0, r3, r4, r0", "smlad r0, r5, r6, r0")
    assert cortex_m7.block_cycles(chained) == 3


def test_the_m7_pays_for_the_rarer_direction_of_a_branch() -> None:
    block = code("subs r0, #1", "bne 0")
    always = BlockCount(0, 4, 2, 1, 100, 100, 100)
    sometimes = BlockCount(0, 4, 2, 1, 100, 100, 70)
    difference = cortex_m7.cycles(block, sometimes) - cortex_m7.cycles(block, always)
    assert difference == 30 * cortex_m7.MISPREDICTED


@pytest.mark.parametrize(
    ("lines", "cycles"),
    [
        (["vldrb.u8 q0, [r0], #16"], 2),
        (["vldrb.u8 q0, [r0], #16", "vmladav.s8 r2, q0, q1"], 2 + 1),  # other unit: overlaps
        (["vldrb.u8 q0, [r0], #16", "vldrb.u8 q1, [r1], #16"], 2 + 2),
        (["vpst", "vaddt.i32 q0, q0, q1"], 1 + 2),
        (["letp lr, 0"], 0),
        (["adds r0, #1"], 1),
    ],
)
def test_m55_vectors(lines: list[str], cycles: int) -> None:
    assert cortex_m55.block_cycles(code(*lines)) == cycles


def test_m55_loop_ends_are_free_and_other_branches_are_not() -> None:
    loop, branch = code("letp lr, 0"), code("bne 0")
    assert cortex_m55.cycles(loop, once(loop, taken_out=1)) == 0
    assert cortex_m55.cycles(branch, once(branch, taken_out=1)) == 1 + 2
