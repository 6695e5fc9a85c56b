"""Disassembles a firmware with objdump."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from mote.run.cycles.instruction import Instruction
from mote.run.toolchain import call
from mote.target import Core
from mote.target.tools import ARM


def disassemble(elf: Path, core: Core) -> dict[int, Instruction]:
    """Every instruction of an ELF file, by address."""
    # Without the architecture, binutils 2.40 reads MVE as coprocessor instructions.
    machine = ["-m", "armv8.1-m.main"] if core.name == "cortex-m55" else []
    text = call(core.tools.objdump, ["-d", *machine, str(elf)])
    comments = ("@", ";", "<") if core.tools is ARM else ("#", "<")
    lines = (_instruction(line, comments) for line in text.splitlines())
    return {i.address: i for i in lines if i is not None}


def _instruction(line: str, comments: Sequence[str]) -> Instruction | None:
    """One line: ``     390:<tab>4a06      <tab>ldr<tab>r2, [pc, #24]<tab>@ (3ac <f+0x1c>)``."""
    address, _, rest = line.partition(":\t")
    encoding, _, text = rest.partition("\t")
    if not text or text.startswith("."):
        return None
    mnemonic, _, operands = text.partition("\t")
    mnemonic = mnemonic.strip()
    if mnemonic.endswith((".n", ".w")):
        mnemonic = mnemonic[:-2]
    for comment in comments:
        operands = operands.partition(comment)[0]
    size = len(encoding.replace(" ", "")) // 2
    return Instruction(int(address, 16), size, mnemonic, operands.strip())


def block(code: Mapping[int, Instruction], address: int, end: int) -> tuple[Instruction, ...]:
    """The instructions of the bytes from ``address`` up to ``end``."""
    found = []
    while address < end:
        found.append(code[address])
        address += code[address].size
    assert address == end, f"a block ends inside an instruction, at {end:#x}"
    return tuple(found)
