"""Reading disassembled instructions: the facts that the cost tables rest on."""

from pathlib import Path

import pytest

from mote.run.cycles import disassemble
from mote.run.cycles.disassembly import block
from mote.run.cycles.instruction import Instruction
from mote.run.elf import read_image
from mote.target.cores import CORES
from toy_project import toy_firmware


def instruction(text: str, address: int = 0, size: int = 2) -> Instruction:
    mnemonic, _, operands = text.partition(" ")
    return Instruction(address, size, mnemonic, operands)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("push {r4, lr}", 2),
        ("push {r4, r5, r6, r7, lr}", 5),
        ("stmdb sp!, {r4-r11, lr}", 9),
        ("ldmia.w r0!, {r1-r3}", 3),
        ("vpush {d8-d11}", 8),
        ("vldmia r0!, {s0-s3}", 4),
        ("vpop {d8}", 2),
    ],
)
def test_register_lists_are_counted_in_words(text: str, words: int) -> None:
    assert instruction(text).is_multiple
    assert instruction(text).listed_words == words


@pytest.mark.parametrize(
    ("text", "conditional", "writes_pc"),
    [
        ("b 10", False, True),
        ("bl 10", False, True),
        ("bx lr", False, True),
        ("beq 10", True, True),
        ("bls 10", True, True),
        ("blt 10", True, True),
        ("cbz r0, 10", True, True),
        ("tbb [pc, r0]", False, True),
        ("pop {r4, pc}", False, True),
        ("pop {r4, r5}", False, False),
        ("ldr pc, [sp], #4", False, True),
        ("ldr r0, [pc, #8]", False, False),
        ("le lr, 10", False, True),
        ("bic r0, r1, r2", False, False),
        ("bfi r0, r1, #0, #8", False, False),
    ],
)
def test_branches_are_recognised(text: str, conditional: bool, writes_pc: bool) -> None:
    assert instruction(text).is_conditional_branch == conditional
    assert instruction(text).writes_pc == writes_pc


def test_registers_come_in_the_order_of_the_operands() -> None:
    assert instruction("smlal r0, fp, ip, lr").registers == ("r0", "r11", "r12", "r14")
    assert instruction("ldr r3, [sp, #4]").registers == ("r3", "r13")
    assert instruction("vmla.f32 s0, s1, s2").registers == ("s0", "s1", "s2")


@pytest.mark.parametrize(
    ("text", "load", "store"),
    [
        ("ldr r0, [r1]", True, False),
        ("ldrsb r0, [r1]", True, False),
        ("vldr s0, [r1]", True, False),
        ("ldrd r0, r1, [r2]", False, False),
        ("strb r0, [r1]", False, True),
        ("strd r0, r1, [r2]", False, False),
        ("add r0, r1", False, False),
    ],
)
def test_single_loads_and_stores(text: str, load: bool, store: bool) -> None:
    assert (instruction(text).is_load, instruction(text).is_store) == (load, store)


def test_literal_pools_are_no_instructions(tmp_path: Path) -> None:
    code = """
__attribute__((naked)) void layer_00_pool(uint8_t *arena)
{
    __asm volatile("ldr r1, =0x12345678\\n\\tnop.w\\n\\tbx lr\\n\\t.ltorg");
}"""
    core = CORES["cortex-m4"]
    firmware = toy_firmware(code, ["layer_00_pool"], core, tmp_path)
    instructions = disassemble(firmware.elf, core)
    symbols = {s.name: s for s in read_image(firmware.elf).symbols}
    start = symbols["layer_00_pool"].address
    found = block(instructions, start, start + 8)
    assert [(i.mnemonic, i.size) for i in found] == [("ldr", 2), ("nop", 4), ("bx", 2)]
    assert start + 8 not in instructions or instructions[start + 8].mnemonic != ".word"
