"""The programs that build for a family of cores, look into what was built, and emulate it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Tools:
    """A family's programs, by name.

    Args:
        compiler: A GCC; it assembles and links too.
        objdump: Its disassembler.
        emulator: QEMU for the family; empty for the host.
        has_libc: True when the compiler comes with a C library; the emulated programs bring the
            few functions of ``string.h`` themselves otherwise.
    """

    compiler: str
    objdump: str
    emulator: str
    has_libc: bool

    @property
    def prefix(self) -> str:
        """What ``make CROSS=`` takes."""
        return self.compiler.removesuffix("gcc")


HOST = Tools(compiler="cc", objdump="objdump", emulator="", has_libc=True)
ARM = Tools(
    compiler="arm-none-eabi-gcc",
    objdump="arm-none-eabi-objdump",
    emulator="qemu-system-arm",
    has_libc=True,
)
RISC_V = Tools(
    compiler="riscv64-unknown-elf-gcc",
    objdump="riscv64-unknown-elf-objdump",
    emulator="qemu-system-riscv32",
    has_libc=False,
)
