"""One disassembled Thumb instruction, and what its text says about it."""

import re
from dataclasses import dataclass
from functools import cached_property

_REGISTER = re.compile(r"\b(?:r(\d+)|(sp|lr|pc|ip|fp|sl|sb)|([sdq]\d+))\b")
_NUMBERED = {"sb": "r9", "sl": "r10", "fp": "r11", "ip": "r12", "sp": "r13", "lr": "r14"}
_LIST_ITEM = re.compile(r"([a-z]+)(\d+)")
_CONDITION = "(?:eq|ne|cs|hs|cc|lo|mi|pl|vs|vc|hi|ls|ge|lt|gt|le)"
_CONDITIONAL_BRANCH = re.compile(rf"b{_CONDITION}|cbn?z")
_BRANCH = re.compile(rf"(?:b|bl|bx|blx){_CONDITION}?|cbn?z|tb[bh]|le|letp|wls|wlstp")
_MULTIPLE = ("push", "pop", "ldm", "stm", "vldm", "vstm", "vpush", "vpop")


@dataclass(frozen=True)
class Instruction:
    """An instruction as objdump prints it.

    Args:
        address, size: Its bytes.
        mnemonic: Without the ``.n`` and ``.w`` that only state the size.
        operands: As printed, comments removed.
    """

    address: int
    size: int
    mnemonic: str
    operands: str

    @cached_property
    def registers(self) -> tuple[str, ...]:
        """Registers in the order in which the operands name them; core registers as ``r<n>``."""
        found = _REGISTER.findall(self.operands)
        return tuple(f"r{n}" if n else _NUMBERED.get(name, name) or fp for n, name, fp in found)

    def starts(self, *prefixes: str) -> bool:
        return self.mnemonic.startswith(prefixes)

    @property
    def is_multiple(self) -> bool:
        """It moves a list of registers."""
        return self.starts(*_MULTIPLE)

    @property
    def listed_words(self) -> int:
        """Words in the register list."""
        words = 0
        for part in self.operands.partition("{")[2].partition("}")[0].split(","):
            ends = _LIST_ITEM.findall(part)
            count = int(ends[1][1]) - int(ends[0][1]) + 1 if len(ends) == 2 else 1
            words += count * (2 if ends and ends[0][0] == "d" else 1)
        return words

    @property
    def is_load(self) -> bool:
        """It loads one register."""
        return self.starts("ldr", "vldr") and self.mnemonic != "ldrd"

    @property
    def is_store(self) -> bool:
        """It stores one register."""
        return self.starts("str", "vstr") and self.mnemonic != "strd"

    @property
    def is_branch(self) -> bool:
        return _BRANCH.fullmatch(self.mnemonic) is not None

    @property
    def is_conditional_branch(self) -> bool:
        return _CONDITIONAL_BRANCH.fullmatch(self.mnemonic) is not None

    @property
    def writes_pc(self) -> bool:
        """It may go elsewhere than to the next instruction."""
        if self.is_multiple:
            return self.starts("pop", "ldm") and "pc" in self.operands
        return self.is_branch or (self.starts("ldr", "mov") and self.operands.startswith("pc"))
