"""Cores and boards: found by name, with sources, and with compiler options that work."""

import shutil
import subprocess
from pathlib import Path

import pytest

from mote.errors import TargetError
from mote.target import BOARDS, CORES, Board, Core, resolve
from mote.target.boards import BOARD_ALIASES
from mote.target.tools import ARM

OF_FLASH = ("wait_states", "instruction_cache", "data_cache")
DATA = ("ram_bytes", "flash_bytes", "clock_hz", *OF_FLASH, "active_mw", "price_usd", "regions")


@pytest.mark.parametrize("name", ["cortex-m4", "Cortex-M4", " CORTEX_M4 ", "m4"])
def test_a_core_is_found_whatever_its_case(name: str) -> None:
    target = resolve(name)
    assert target.core is CORES["cortex-m4"]
    assert target.board is None
    assert not target.is_host


def test_a_board_brings_its_core_and_its_limits() -> None:
    target = resolve("NUCLEO-L4R5ZI")
    assert target.board is BOARDS["nucleo-l4r5zi"]
    assert target.core is CORES["cortex-m4"]
    assert target.board.ram_bytes == 640 * 1024


@pytest.mark.parametrize("alias", BOARD_ALIASES)
def test_a_board_is_found_by_what_people_call_it(alias: str) -> None:
    assert resolve(alias).name == BOARD_ALIASES[alias]
    assert alias not in BOARDS


def test_the_host_is_a_target() -> None:
    assert resolve("host").is_host


@pytest.mark.parametrize(
    ("name", "near"), [("cortex-m5", "cortex-m55"), ("nucleo-l4r5", "nucleo-l4r5zi"), ("esp32", "")]
)
def test_an_unknown_target_gets_the_nearest_names(name: str, near: str) -> None:
    with pytest.raises(TargetError) as caught:
        resolve(name)
    assert repr(name) in caught.value.message()
    assert near in caught.value.message()
    assert "mote targets" in caught.value.hint


@pytest.mark.parametrize("board", BOARDS.values(), ids=lambda board: board.name)
def test_every_figure_of_a_board_has_a_source(board: Board) -> None:
    sourced = {datum for data, _ in board.sources for datum in data.split(", ")}
    assert sourced <= set(DATA)
    parts = {datum: board.flash if datum in OF_FLASH else board for datum in DATA}
    known = {datum for datum, part in parts.items() if getattr(part, datum) not in (None, ())}
    assert known <= sourced, f"no source for {sorted(known - sourced)}"
    assert all(source for _, source in board.sources)


@pytest.mark.parametrize("core", CORES.values(), ids=lambda core: core.name)
def test_every_core_states_how_far_its_cycles_can_be_trusted(core: Core) -> None:
    assert core.cycle_error
    assert bool(core.machine) == bool(core.gcc_flags)


def test_only_cores_compared_with_silicon_claim_an_error_bound() -> None:
    bounded = {core.name for core in CORES.values() if "%" in core.cycle_error}
    assert bounded == {"cortex-m4", "cortex-m33"}


@pytest.mark.parametrize(
    "core", [c for c in CORES.values() if c.tools is ARM], ids=lambda core: core.name
)
def test_the_compiler_links_c_and_libc_for_every_core(core: Core, tmp_path: Path) -> None:
    assert shutil.which("arm-none-eabi-gcc"), "make setup installs arm-none-eabi-gcc"
    source = tmp_path / "main.c"
    source.write_text(
        "#include <string.h>\n"
        "float half(float x) { return x * 0.5f; }\n"
        "int main(int n, char **v) { return (int)(half((float)n) * 1.5) + (int)strlen(v[0]); }\n"
    )
    command = ["arm-none-eabi-gcc", *core.gcc_flags, "--specs=nosys.specs", "-O2", str(source)]
    done = subprocess.run(
        [*command, "-o", str(tmp_path / "a.elf")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
