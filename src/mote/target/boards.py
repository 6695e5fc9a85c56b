"""The boards and microcontrollers that Mote knows, each figure with its source.

RAM is the largest block that one array can occupy, because Mote plans one array; what a part has
besides stands in the source. Power is run-mode current times supply voltage, as the data sheet
gives them. A figure without a source is None. The caches of Cortex-M7 boards hold RAM as well and
are left out.
"""

from mote.target.cores import CORES
from mote.target.flash import Cache, Flash
from mote.target.region import Region
from mote.target.target import Board

KB = 1024
MB = 1024 * KB
MHZ = 1_000_000

_REVIEW = "Lê, Wolinski, Arbel: Efficient Neural Networks for TinyML, arXiv:2311.11883, Table 4"
_NRF52840 = (
    ("ram_bytes", "nRF52840 Product Specification, Memory: 256 kB"),
    ("flash_bytes", "nRF52840 Product Specification, Memory: 1 MB"),
    ("clock_hz", "nRF52840 Product Specification, CPU: 64 MHz"),
    ("active_mw", "nRF52840 Product Specification, key features: 52 µA/MHz from flash, DC/DC, 3 V"),
)

BOARDS: dict[str, Board] = {
    board.name: board
    for board in (
        Board(
            name="same70q21b",
            title="Microchip SAME70Q21B",
            core=CORES["cortex-m7"],
            ram_bytes=384 * KB,
            flash_bytes=2 * MB,
            clock_hz=300 * MHZ,
            flash=Flash(wait_states=6),
            active_mw=300.0,
            price_usd=5.0,
            sources=(
                ("ram_bytes, flash_bytes, clock_hz, active_mw, price_usd", _REVIEW),
                ("wait_states", "same70q21b.h, CHIP_FREQ_FWS_6: at the 150 MHz bus clock"),
            ),
        ),
        Board(
            name="samg55j19",
            title="Microchip SAMG55J19",
            core=CORES["cortex-m4"],
            ram_bytes=160 * KB,
            flash_bytes=512 * KB,
            clock_hz=120 * MHZ,
            flash=Flash(wait_states=8),
            active_mw=100.0,
            price_usd=3.0,
            sources=(
                ("ram_bytes, flash_bytes, clock_hz, active_mw, price_usd", _REVIEW),
                ("wait_states", "samg55j19.h, CHIP_FREQ_FWS_8"),
            ),
        ),
        Board(
            name="newport-m0plus",
            title="Newport motion sensor, its Cortex-M0+ (8 kB RAM, 16 kB ROM)",
            core=CORES["cortex-m0plus"],
            ram_bytes=8 * KB,
            flash_bytes=16 * KB,
            clock_hz=6_140_000,
            flash=Flash(),
            active_mw=0.07,
            price_usd=1.0,
            sources=(("ram_bytes, flash_bytes, clock_hz, active_mw, price_usd", _REVIEW),),
        ),
        Board(
            name="nucleo-l4r5zi",
            title="ST NUCLEO-L4R5ZI (STM32L4R5ZI)",
            core=CORES["cortex-m4"],
            ram_bytes=640 * KB,
            flash_bytes=2 * MB,
            clock_hz=120 * MHZ,
            flash=Flash(
                wait_states=5,
                instruction_cache=Cache(line_bytes=32, lines=32, ways=32),
                data_cache=Cache(line_bytes=32, lines=8, ways=8),
            ),
            active_mw=36.0,
            price_usd=None,
            sources=(
                ("ram_bytes, flash_bytes, clock_hz", "DS12023, features"),
                ("wait_states", "RM0432, wait states by CPU clock: Range 1 boost, 120 MHz"),
                (
                    "instruction_cache, data_cache",
                    "RM0432 and stm32l4xx_hal_flash.c: 32 and 8 lines of 4 x 64 bits",
                ),
                ("active_mw", "Zephyr's board page, from DS12023: 100 µA/MHz in run mode; at 3 V"),
            ),
        ),
        Board(
            name="stm32f746g-disco",
            title="ST STM32F746G-DISCO (STM32F746NG)",
            core=CORES["cortex-m7"],
            ram_bytes=320 * KB,
            flash_bytes=1 * MB,
            clock_hz=216 * MHZ,
            flash=Flash(wait_states=7),
            active_mw=None,
            price_usd=None,
            sources=(
                (
                    "ram_bytes, flash_bytes, clock_hz",
                    "DS10916, features: DTCM, SRAM1, SRAM2 adjoin",
                ),
                ("wait_states", "RM0385, wait states by CPU clock: 2.7 V to 3.6 V, 216 MHz"),
                (
                    "regions",
                    "DS10916, features; RM0385: SRAM behind the bus matrix, its cost an estimate",
                ),
            ),
            regions=(
                Region(name="dtcm", bytes=64 * KB, access_cycles=1),
                Region(name="sram", bytes=256 * KB, access_cycles=2),
            ),
        ),
        Board(
            name="nucleo-h743zi",
            title="ST NUCLEO-H743ZI (STM32H743ZI)",
            core=CORES["cortex-m7"],
            ram_bytes=512 * KB,
            flash_bytes=2 * MB,
            clock_hz=480 * MHZ,
            flash=Flash(wait_states=4),
            active_mw=None,
            price_usd=None,
            sources=(
                ("ram_bytes", "DS12110, features: the AXI SRAM; 1 MB with all others"),
                ("flash_bytes, clock_hz", "DS12110, features"),
                ("wait_states", "RM0433, flash wait states: VOS0, 240 MHz bus clock"),
                (
                    "regions",
                    "DS12110, features: DTCM, AXI SRAM; RM0433: the AXI bus at half the clock",
                ),
            ),
            regions=(
                Region(name="dtcm", bytes=128 * KB, access_cycles=1),
                Region(name="axi_sram", bytes=512 * KB, access_cycles=2),
            ),
        ),
        Board(
            name="nucleo-f412zg",
            title="ST NUCLEO-F412ZG (STM32F412ZG)",
            core=CORES["cortex-m4"],
            ram_bytes=256 * KB,
            flash_bytes=1 * MB,
            clock_hz=100 * MHZ,
            flash=Flash(
                wait_states=3,
                instruction_cache=Cache(line_bytes=16, lines=64, ways=64),
                data_cache=Cache(line_bytes=16, lines=8, ways=8),
            ),
            active_mw=None,
            price_usd=None,
            sources=(
                ("ram_bytes, flash_bytes, clock_hz", "DS11139, features"),
                ("wait_states", "RM0402, wait states by CPU clock: 2.7 V to 3.6 V, 100 MHz"),
                (
                    "instruction_cache, data_cache",
                    "RM0402 and stm32f4xx_hal_flash.c: 64 and 8 lines of 128 bits",
                ),
            ),
        ),
        Board(
            name="nucleo-g0b1re",
            title="ST NUCLEO-G0B1RE (STM32G0B1RE)",
            core=CORES["cortex-m0plus"],
            ram_bytes=144 * KB,
            flash_bytes=512 * KB,
            clock_hz=64 * MHZ,
            flash=Flash(wait_states=2),
            active_mw=None,
            price_usd=None,
            sources=(
                ("ram_bytes, flash_bytes, clock_hz", "DS13560, features: parity check off"),
                ("wait_states", "RM0444, wait states by CPU clock: Range 1, 64 MHz"),
            ),
        ),
        Board(
            name="nucleo-u575zi-q",
            title="ST NUCLEO-U575ZI-Q (STM32U575ZI)",
            core=CORES["cortex-m33"],
            ram_bytes=768 * KB,
            flash_bytes=2 * MB,
            clock_hz=160 * MHZ,
            flash=Flash(
                wait_states=4,
                instruction_cache=Cache(line_bytes=16, lines=512, ways=2),
            ),
            active_mw=21.45,
            price_usd=None,
            sources=(
                ("ram_bytes", "DS13737, memory map: SRAM1 to SRAM3 adjoin; 16 kB SRAM4 apart"),
                ("flash_bytes, clock_hz", "DS13737, features"),
                ("wait_states", "RM0456, wait states by CPU clock: Range 1, 160 MHz"),
                (
                    "instruction_cache",
                    "DS13737, features: 8 kB; RM0456, ICACHE features: 2 ways, lines of 16 bytes",
                ),
                ("active_mw", "DS13737 Rev 10, Table 39: 7.15 mA, SMPS, instruction cache, 3 V"),
            ),
        ),
        Board(
            name="nrf52840-dk",
            title="Nordic nRF52840 DK",
            core=CORES["cortex-m4"],
            ram_bytes=256 * KB,
            flash_bytes=1 * MB,
            clock_hz=64 * MHZ,
            flash=Flash(),
            active_mw=9.984,
            price_usd=None,
            sources=_NRF52840,
        ),
        Board(
            name="arduino-nano-33-ble",
            title="Arduino Nano 33 BLE (nRF52840)",
            core=CORES["cortex-m4"],
            ram_bytes=256 * KB,
            flash_bytes=1 * MB,
            clock_hz=64 * MHZ,
            flash=Flash(),
            active_mw=9.984,
            price_usd=None,
            sources=_NRF52840,
        ),
        Board(
            name="nrf5340-dk",
            title="Nordic nRF5340 DK, application core",
            core=CORES["cortex-m33"],
            ram_bytes=512 * KB,
            flash_bytes=1 * MB,
            clock_hz=128 * MHZ,
            flash=Flash(),
            active_mw=None,
            price_usd=None,
            sources=(
                ("ram_bytes, flash_bytes, clock_hz", "nRF5340 Product Specification, features"),
            ),
        ),
        Board(
            name="raspberry-pi-pico",
            title="Raspberry Pi Pico (RP2040)",
            core=CORES["cortex-m0plus"],
            ram_bytes=264 * KB,
            flash_bytes=2 * MB,
            clock_hz=133 * MHZ,
            flash=Flash(
                instruction_cache=Cache(line_bytes=8, lines=2048, ways=2),
            ),
            active_mw=None,
            price_usd=4.0,
            sources=(
                ("ram_bytes, flash_bytes, clock_hz", "Raspberry Pi Pico product brief"),
                ("wait_states", "none stated: serial flash, its clock is the program's choice"),
                ("instruction_cache", "RP2040 Datasheet, XIP cache: 16 kB, 8 B per line, 2 ways"),
                ("price_usd", "the board's price at its announcement, January 2021"),
            ),
        ),
        Board(
            name="raspberry-pi-pico-2",
            title="Raspberry Pi Pico 2 (RP2350), Arm core",
            core=CORES["cortex-m33"],
            ram_bytes=520 * KB,
            flash_bytes=4 * MB,
            clock_hz=150 * MHZ,
            flash=Flash(),
            active_mw=None,
            price_usd=5.0,
            sources=(
                ("ram_bytes, flash_bytes, clock_hz", "Raspberry Pi Pico 2 product brief"),
                ("wait_states", "none stated: serial flash behind a 16 kB cache"),
                ("price_usd", "the board's price at its announcement, August 2024"),
            ),
        ),
        Board(
            name="corstone-300",
            title="Arm Corstone-300 on MPS3 (AN547): FPGA image, also FVP and QEMU",
            core=CORES["cortex-m55"],
            ram_bytes=512 * KB,
            flash_bytes=512 * KB,
            clock_hz=32 * MHZ,
            flash=Flash(wait_states=0),
            active_mw=None,
            price_usd=None,
            sources=(
                ("ram_bytes, flash_bytes", "AN547, memory map: data and instruction TCM"),
                ("clock_hz, wait_states", "AN547, clocks; code runs from the TCM"),
            ),
        ),
    )
}
"""Board by name."""

BOARD_ALIASES: dict[str, str] = {
    "rp2040": "raspberry-pi-pico",
    "pico": "raspberry-pi-pico",
    "rp2350": "raspberry-pi-pico-2",
    "pico-2": "raspberry-pi-pico-2",
    "stm32f746-disco": "stm32f746g-disco",
    "nucleo-f412": "nucleo-f412zg",
    "nrf52840": "nrf52840-dk",
    "nrf5340": "nrf5340-dk",
    "nano-33-ble": "arduino-nano-33-ble",
}
"""What people also call a board -> its name."""
