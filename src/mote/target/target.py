"""What a model is compiled for: a processor core, or a board that has one."""

from dataclasses import dataclass

from mote.target.flash import Flash
from mote.target.region import Region
from mote.target.tools import ARM, Tools


@dataclass(frozen=True, kw_only=True)
class Core:
    """A processor core.

    Args:
        name: As the user types it, for example ``cortex-m4``.
        architecture: Instruction set in the field's words, for example ``Armv7E-M``.
        dsp: True when it has the 16-bit SIMD multiply-accumulates (SMLAD and others).
        swar: True when two sums in one word pay: a multiplication takes one cycle, a load two, and
            no instruction multiplies and adds.
        narrow: True when its products have 32 bits.
        mve: True when it has Arm's vector extension for integers (MVE, "Helium").
        gcc_flags: Options of its compiler; empty for the host.
        machine: QEMU machine that emulates it; empty for the host.
        cycle_error: What is known of the cycle model's error, for a board whose flash is modelled.
        tools: What builds for it and emulates it.
    """

    name: str
    architecture: str
    dsp: bool
    gcc_flags: tuple[str, ...]
    machine: str
    cycle_error: str
    tools: Tools = ARM
    mve: bool = False
    swar: bool = False
    narrow: bool = False


@dataclass(frozen=True, kw_only=True)
class Board:
    """A board or microcontroller that people buy. Each figure's source stands in ``sources``.

    Args:
        name: As the user types it, for example ``nucleo-l4r5zi``.
        title: Full name.
        core: Its core.
        ram_bytes: Usable RAM: the largest part that lies in one piece.
        regions: Parts of its RAM that differ in how long an access takes; none where all is alike.
        flash_bytes: Flash that holds code.
        clock_hz: The clock at which times are given.
        flash: Its wait states at that clock, and its caches.
        active_mw: Power while computing at that clock, None when unknown.
        price_usd: Price of the part in small numbers, None when unknown.
        sources: Datum -> document, section or table.
    """

    name: str
    title: str
    core: Core
    ram_bytes: int
    flash_bytes: int
    clock_hz: int
    flash: Flash
    active_mw: float | None
    price_usd: float | None
    sources: tuple[tuple[str, str], ...]
    regions: tuple[Region, ...] = ()

    @property
    def all_ram_bytes(self) -> int:
        """RAM that a model can use in all its regions."""
        return max(self.ram_bytes, sum(region.bytes for region in self.regions))


@dataclass(frozen=True, kw_only=True)
class Target:
    """A core, with the board around it when the user named one."""

    name: str
    core: Core
    board: Board | None = None

    @property
    def is_host(self) -> bool:
        return not self.core.machine

    @property
    def slow_flash(self) -> Flash | None:
        """The board's flash, if cycles include that the core waits for it."""
        flash = self.board.flash if self.board else None
        return flash if flash and flash.is_modelled and flash.wait_states else None

    @property
    def cycle_error(self) -> str:
        """What is known of the error of a cycle figure for this target, in one phrase."""
        error = self.core.cycle_error
        waits = self.board.flash.wait_states if self.board else None
        if self.board and self.board.flash.is_modelled:
            return f"{error}, {waits} flash wait states included" if waits else error
        # An error bound was found with flash modelled: it says nothing of figures without.
        bound = f"{error} with flash modelled" if "%" in error else error
        if self.board is None:
            return f"{bound}; zero wait states here"
        return f"{bound}; {f'{waits} ' if waits else ''}flash wait states not modelled"
