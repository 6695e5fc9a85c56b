"""Reads a built firmware: symbols, and every byte of flash and RAM by what it is for."""

import re
from bisect import bisect_right
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from elftools.elf.elffile import ELFFile
from elftools.elf.sections import SymbolTableSection

from mote.run.count import Window

_LAYER = re.compile(r"layer_(\d+)_")


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
    """

    symbols: tuple[Symbol, ...]
    addresses: Mapping[str, int]
    sections: Mapping[str, int]

    def function_at(self, address: int) -> str:
        """Name of the function that an address is in, ``?`` when in none."""
        functions = [s for s in self.symbols if s.is_function]
        index = bisect_right([s.address for s in functions], address) - 1
        if index < 0 or address >= functions[index].address + max(functions[index].size, 2):
            return "?"
        return functions[index].name


@dataclass(frozen=True)
class Sizes:
    """Bytes of a firmware; the arena and the stack are not in here.

    Args:
        code_bytes: Instructions of the model: run function, layers, kernels, library routines.
        rodata_bytes: Constants that are not learnt: requantisation, tables, parameter structs.
        weights_bytes: Learnt constants: weights and biases.
        data_bytes: Initialised variables; they take flash and RAM.
        bss_bytes: Zeroed variables, RAM only.
        startup_bytes: Vector table and harness, which a product replaces by its own.
        layer_weights, layer_rodata: Weights and other constants of each step.
    """

    code_bytes: int
    rodata_bytes: int
    weights_bytes: int
    data_bytes: int
    bss_bytes: int
    startup_bytes: int
    layer_weights: Mapping[int, int]
    layer_rodata: Mapping[int, int]

    @property
    def flash_bytes(self) -> int:
        """Every byte of the image."""
        return (
            self.code_bytes
            + self.rodata_bytes
            + self.weights_bytes
            + self.data_bytes
            + self.startup_bytes
        )


def read_image(path: Path) -> Image:
    """Symbols and section sizes of an ELF file."""
    with path.open("rb") as stream:
        elf = ELFFile(stream)
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
        sizes = {s.name: s["sh_size"] for s in sections if s["sh_flags"] & 2 and s["sh_size"]}
    return Image(tuple(sorted(symbols, key=lambda s: (s.address, s.name))), addresses, sizes)


def sizes(image: Image, prefix: str, weights: Collection[str]) -> Sizes:
    """Account for every byte of an image.

    Args:
        image: The firmware.
        prefix: What the model's names start with.
        weights: Names of the constants that the model learnt, as ``<prefix>_layer_03_<field>``.
    """
    layer_weights: dict[int, int] = {}
    layer_rodata: dict[int, int] = {}
    for symbol in image.symbols:
        match = _LAYER.search(symbol.name.removeprefix(f"{prefix}_"))
        if match is None or symbol.section != ".rodata":
            continue
        share = layer_weights if symbol.name in weights else layer_rodata
        share[int(match[1])] = share.get(int(match[1]), 0) + symbol.size
    weights_bytes = sum(layer_weights.values())
    part = image.sections.get
    return Sizes(
        code_bytes=part(".text", 0),
        rodata_bytes=part(".rodata", 0) - weights_bytes,
        weights_bytes=weights_bytes,
        data_bytes=part(".data", 0),
        bss_bytes=part(".bss", 0),
        startup_bytes=part(".vectors", 0) + part(".startup", 0),
        layer_weights=layer_weights,
        layer_rodata=layer_rodata,
    )


def window(image: Image, prefix: str) -> Window:
    """The run function and the layer functions, for the plugin."""
    run = next(s for s in image.symbols if s.name == f"{prefix}_run")
    layers: dict[int, int] = {}
    for symbol in image.symbols:
        match = _LAYER.match(symbol.name.removeprefix(f"{prefix}_"))
        if match and symbol.is_function:
            assert int(match[1]) not in layers, f"step {match[1]} has two functions"
            layers[int(match[1])] = symbol.address
    assert len(set(layers.values())) == len(layers), "two layers share one function"
    return Window(run.address, run.address + run.size, image.addresses["mote_after_run"], layers)
