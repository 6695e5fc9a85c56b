"""Reads a built firmware: symbols, and every byte of flash and RAM by what it is for."""

from bisect import bisect_right
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from mote.run.count import Window
from mote.run.firmware import FEED_ALL


@dataclass(frozen=True)
class Symbol:
    """A function or object; ``size`` is in bytes, ``section`` its output section."""

    name: str
    address: int
    size: int
    section: str
    is_function: bool


@dataclass(frozen=True)
class Image:
    """What a firmware holds.

    Args:
        symbols: Functions and objects, by address.
        addresses: Address of every symbol by name, labels included.
        sections: Bytes of each allocated output section.
        contents: What is in flash: address and bytes of each piece.
        is_risc_v: The instructions are RISC-V's, not Thumb's.
    """

    symbols: tuple[Symbol, ...]
    addresses: Mapping[str, int]
    sections: Mapping[str, int]
    contents: tuple[tuple[int, bytes], ...] = ()
    is_risc_v: bool = False

    def word(self, address: int) -> int:
        """The signed 32-bit constant at an address."""
        start, data = next(
            (start, data) for start, data in self.contents if start <= address < start + len(data)
        )
        return int.from_bytes(data[address - start :][:4], "little", signed=True)

    def function_at(self, address: int) -> str:
        """Name of the function that an address is in, ``?`` when in none."""
        functions = [s for s in self.symbols if s.is_function]
        index = bisect_right([s.address for s in functions], address) - 1
        if index < 0 or address >= functions[index].address + max(functions[index].size, 2):
            return "?"
        return functions[index].name

    def points_into_function(self, address: int) -> bool:
        """Whether any word of flash is an address behind the start of the function at one."""
        owner = next(
            (s for s in self.symbols if s.is_function and 0 <= address - s.address < s.size), None
        )
        return owner is not None and any(
            bool(np.any((words > owner.address) & (words < owner.address + owner.size)))
            for start, data in self.contents
            for words in [
                np.frombuffer(data[-start % 4 :], "<u4", count=(len(data) - -start % 4) // 4)
            ]
        )


@dataclass(frozen=True)
class Sizes:
    """Bytes of a firmware; the arena and the stack are not in here.

    Args:
        code_bytes: Instructions: run function, layers, kernels, library routines, and startup.
        startup_bytes: Of these, the vector table and the harness, which a product replaces.
        rodata_bytes: Constants that are not learnt: requantisation, tables, parameter structs, and
            initial values of variables.
        weights_bytes: Learnt constants: weights and biases.
        variables_bytes: RAM of variables outside the arena; generated code has none.
        constants: Bytes of each constant by symbol.
    """

    code_bytes: int
    startup_bytes: int
    rodata_bytes: int
    weights_bytes: int
    variables_bytes: int
    constants: Mapping[str, int]

    @property
    def flash_bytes(self) -> int:
        """Every byte of the image."""
        return self.code_bytes + self.rodata_bytes + self.weights_bytes


def read_image(path: Path) -> Image:
    """Symbols and section sizes of an ELF file."""
    with path.open("rb") as stream:
        elf = ELFFile(stream)
        is_risc_v = elf["e_machine"] == "EM_RISCV"
        sections = list(elf.iter_sections())
        table = elf.get_section_by_name(".symtab")
        assert isinstance(table, SymbolTableSection), f"{path} is stripped"
        symbols, addresses = [], {}
        for entry in table.iter_symbols():
            kind, index = entry["st_info"]["type"], entry["st_shndx"]
            if not entry.name or entry.name[0] == "$" or not isinstance(index, int):
                continue
            is_function = kind == "STT_FUNC"
            address = entry["st_value"] & (~1 if is_function else ~0)
            addresses[entry.name] = address
            if is_function or kind == "STT_OBJECT":
                section = sections[index].name
                symbols.append(Symbol(entry.name, address, entry["st_size"], section, is_function))
        allocated = [s for s in sections if s["sh_flags"] & 2 and s["sh_size"]]
        sizes = {s.name: s["sh_size"] for s in allocated}
        contents = tuple(
            (s["sh_addr"], s.data()) for s in allocated if s["sh_type"] == "SHT_PROGBITS"
        )
    in_order = tuple(sorted(symbols, key=lambda s: (s.address, s.name)))
    return Image(in_order, addresses, sizes, contents, is_risc_v)


def sizes(image: Image, weights: Collection[str], table_bytes: int = 0) -> Sizes:
    """Account for every byte of an image.

    Args:
        image: The firmware.
        weights: Symbols of the constants that the model learnt.
        table_bytes: Of those, what is not learnt.
    """
    constants = {s.name: s.size for s in image.symbols if s.section == ".rodata"}
    weights_bytes = sum(size for name, size in constants.items() if name in weights)
    weights_bytes -= table_bytes
    part = image.sections.get
    startup_bytes = part(".vectors", 0) + part(".startup", 0)
    return Sizes(
        code_bytes=part(".text", 0) + startup_bytes,
        startup_bytes=startup_bytes,
        rodata_bytes=part(".rodata", 0) + part(".data", 0) - weights_bytes,
        weights_bytes=weights_bytes,
        variables_bytes=part(".data", 0) + part(".bss", 0),
        constants=constants,
    )


def window(image: Image, prefix: str, layers: Sequence[str]) -> Window:
    """What the plugin must know to count one inference by layer.

    Args:
        image: The firmware.
        prefix: What the model's names start with.
        layers: Name of each layer's function, in step order.
    """
    functions = {source_name(s.name): s for s in image.symbols if s.is_function}
    run = functions.get(f"{prefix}_run") or functions[FEED_ALL]
    between = [
        functions[name]
        for name in (f"{prefix}_start", f"{prefix}_feed_row", f"{prefix}_next_row")
        if name in functions
    ]
    addresses = [functions[name].address for name in layers]
    assert len(set(addresses)) == len(layers), "two layers share one function"
    return Window(
        run.address,
        run.address + run.size,
        image.addresses["mote_after_run"],
        addresses,
        between=[(f.address, f.address + f.size) for f in between],
        is_risc_v=image.is_risc_v,
    )


def source_name(symbol: str) -> str:
    """The name in C: GCC appends ``.constprop.0`` and the like to functions that it specialised."""
    return symbol.partition(".")[0]
