"""The processor cores that Mote compiles for: compiler options, emulated machine, cycle error."""

from mote.target.target import Core
from mote.target.tools import HOST, RISC_V

CORES: dict[str, Core] = {
    core.name: core
    for core in (
        Core(
            name="host",
            architecture="this machine",
            dsp=False,
            gcc_flags=(),
            machine="",
            cycle_error="no cycle model",
            tools=HOST,
        ),
        Core(
            name="cortex-m0plus",
            architecture="Armv6-M",
            dsp=False,
            gcc_flags=("-mcpu=cortex-m0plus", "-mthumb", "-mfloat-abi=soft"),
            # QEMU has no M0+ machine; an M3 executes every Armv6-M instruction.
            machine="mps2-an385",
            cycle_error="unvalidated",
            swar=True,
            narrow=True,
        ),
        Core(
            name="cortex-m3",
            architecture="Armv7-M",
            dsp=False,
            gcc_flags=("-mcpu=cortex-m3", "-mthumb", "-mfloat-abi=soft"),
            machine="mps2-an385",
            cycle_error="unvalidated",
        ),
        Core(
            name="cortex-m4",
            architecture="Armv7E-M",
            dsp=True,
            gcc_flags=("-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16"),
            machine="mps2-an386",
            cycle_error="±13 %",
        ),
        Core(
            name="cortex-m7",
            architecture="Armv7E-M",
            dsp=True,
            gcc_flags=("-mcpu=cortex-m7", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv5-d16"),
            machine="mps2-an500",
            cycle_error="unvalidated",
        ),
        Core(
            name="cortex-m33",
            architecture="Armv8-M Mainline",
            dsp=True,
            gcc_flags=("-mcpu=cortex-m33", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv5-sp-d16"),
            machine="mps2-an505",
            cycle_error="±7 %",
        ),
        Core(
            name="cortex-m55",
            architecture="Armv8.1-M Mainline, MVE",
            dsp=True,
            gcc_flags=("-mcpu=cortex-m55", "-mthumb", "-mfloat-abi=hard"),
            machine="mps3-an547",
            cycle_error="unvalidated",
            mve=True,
        ),
        Core(
            name="rv32imc",
            architecture="RISC-V RV32IMC",
            dsp=False,
            gcc_flags=("-march=rv32imc", "-mabi=ilp32"),
            machine="virt",
            cycle_error="unvalidated",
            tools=RISC_V,
        ),
    )
}
"""Core by name, each family from the smallest to the largest. The host is the machine that runs
Mote."""
