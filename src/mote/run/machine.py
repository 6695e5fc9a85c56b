"""Where code and data lie on each emulated machine."""

from dataclasses import dataclass

MIB = 1 << 20
VECTORS_BYTES = 0x100
_RV32IMC = "rv32,a=off,f=off,d=off,zba=off,zbb=off,zbc=off,zbs=off"


@dataclass(frozen=True, kw_only=True)
class Machine:
    """Memory of a QEMU machine, as the secure state sees it after reset.

    Args:
        name: QEMU's name of the machine.
        vectors: Address of the vector table, where the core looks after reset.
        flash, flash_bytes: Memory for code and constants.
        ram, ram_bytes: Memory for data.
        options: What else QEMU is told, so that it behaves like the core alone.
    """

    name: str
    vectors: int
    flash: int
    flash_bytes: int
    ram: int
    ram_bytes: int
    options: tuple[str, ...] = ()


def _armv7m(name: str) -> Machine:
    """MPS2 with an Armv7-M core: zero-wait SSRAM at 0 and at 0x20000000."""
    return Machine(
        name=name,
        vectors=0,
        flash=VECTORS_BYTES,
        flash_bytes=4 * MIB - VECTORS_BYTES,
        ram=0x20000000,
        ram_bytes=4 * MIB,
    )


MACHINES: dict[str, Machine] = {
    machine.name: machine
    for machine in (
        _armv7m("mps2-an385"),
        _armv7m("mps2-an386"),
        _armv7m("mps2-an500"),
        Machine(
            name="mps2-an505",
            vectors=0x10000000,
            flash=0x10000000 + VECTORS_BYTES,
            flash_bytes=4 * MIB - VECTORS_BYTES,
            ram=0x38000000,
            ram_bytes=4 * MIB,
        ),
        # ITCM holds 512 KiB only, so code and constants are in DDR.
        Machine(
            name="mps3-an547",
            vectors=0x10000000,
            flash=0x70000000,
            flash_bytes=64 * MIB,
            ram=0x31000000,
            ram_bytes=4 * MIB,
        ),
        # Execution begins in DRAM, so code and constants are there. Extensions beyond IMC are off:
        # using one traps.
        Machine(
            name="virt",
            vectors=0x80000000,
            flash=0x80000000 + VECTORS_BYTES,
            flash_bytes=64 * MIB - VECTORS_BYTES,
            ram=0x84000000,
            ram_bytes=4 * MIB,
            options=("-bios", "none", "-cpu", _RV32IMC),
        ),
    )
}
"""Machine by QEMU's name; ``Core.machine`` refers to it."""
