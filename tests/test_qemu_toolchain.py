"""Missing tools, the cache of compiled parts, and the account of an image's bytes."""

from pathlib import Path

import pytest
from elftools.elf.elffile import ELFFile

from mote.errors import ToolError
from mote.run import cache, toolchain
from mote.run.elf import read_image, sizes
from mote.run.qemu import run
from mote.target import Core
from mote.target.cores import CORES
from toy_project import NOTHING, every_core, toy_firmware, words


@pytest.mark.parametrize("tool", toolchain.PACKAGES)
def test_a_missing_tool_is_named_with_the_command_that_installs_it(
    tool: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError) as raised:
        toolchain.call(tool, ["--version"])
    assert raised.value.where == tool
    assert raised.value.hint == f"sudo apt-get install {toolchain.PACKAGES[tool]}"


def test_a_missing_emulator_is_reported_by_a_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    firmware = toy_firmware(NOTHING, ["layer_00_none"], CORES["cortex-m4"], tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match="sudo apt-get install qemu-system-arm"):
        run(firmware, [words()])


def test_a_tool_that_takes_too_long_is_stopped() -> None:
    with pytest.raises(ToolError, match=r"did not finish within 0\.01 s"):
        toolchain.call("cc", ["-x", "c", "-E", "/dev/zero"], timeout_s=0.01)


def test_a_tool_that_cannot_be_started_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "cc").write_bytes(bytes(64))
    (tmp_path / "cc").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match="cc: cannot be started"):
        toolchain.call("cc", ["--version"])


def test_an_emulator_that_writes_nothing_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    firmware = toy_firmware(NOTHING, ["layer_00_none"], CORES["cortex-m4"], tmp_path)
    (tmp_path / "qemu-system-arm").write_text("#!/bin/sh\n")
    (tmp_path / "qemu-system-arm").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match="wrote 0 B of results"):
        run(firmware, [words()])


@pytest.fixture
def empty_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "mote"


def test_what_is_stored_is_built_once(empty_cache: Path) -> None:
    builds: list[Path] = []

    def build(path: Path) -> None:
        builds.append(path)
        path.write_text("built")

    first, second = (cache.stored("parts/a.o", build) for _ in range(2))
    assert first == second == empty_cache / "parts/a.o"
    assert first.read_text() == "built"
    assert len(builds) == 1


def test_a_failed_build_leaves_nothing_in_the_cache(empty_cache: Path) -> None:
    def build(path: Path) -> None:
        path.write_text("half")
        raise ToolError("cc", "failed")

    with pytest.raises(ToolError, match="failed"):
        cache.stored("parts/a.o", build)
    assert [p for p in empty_cache.rglob("*") if p.is_file()] == []


def test_a_cache_that_cannot_be_written_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    with pytest.raises(ToolError, match="set XDG_CACHE_HOME"):
        cache.stored("parts/a.o", lambda path: path.write_text("x"))


@pytest.mark.parametrize("value", ["", "relative/folder"])
def test_a_cache_that_is_not_absolute_is_in_the_home_folder(
    value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", value)
    assert cache.cache_directory() == tmp_path / ".cache" / "mote"


def test_a_user_without_a_home_folder_is_told_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    def homeless() -> Path:
        raise RuntimeError

    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(ToolError, match="set XDG_CACHE_HOME"):
        cache.cache_directory()


def test_the_key_changes_with_every_part_and_their_borders() -> None:
    keys = {
        cache.content_key(*parts) for parts in (("a", "b"), ("ab",), ("a", "b", ""), ("b", "a"))
    }
    assert len(keys) == 4


WEIGHTS = """
extern const int8_t toy_layer_00_weights[];
const int8_t toy_layer_00_weights[1000] = {1, 2, 3};
extern const int32_t toy_layer_00_multiplier[];
const int32_t toy_layer_00_multiplier[10] = {7};
static int32_t calls = 3;
static int32_t zeroed[25];
__attribute__((noinline)) void layer_00_use(uint8_t *arena)
{
    calls += zeroed[*arena]++;
    arena[32] = (uint8_t)(toy_layer_00_weights[*arena] + toy_layer_00_multiplier[*arena] + calls);
}
"""


@every_core
def test_every_byte_of_the_image_is_accounted_for(core: Core, tmp_path: Path) -> None:
    firmware = toy_firmware(WEIGHTS, ["layer_00_use"], core, tmp_path)
    found = sizes(read_image(firmware.elf), {"toy_layer_00_weights"})
    with firmware.elf.open("rb") as stream:
        loaded = sum(s["p_filesz"] for s in ELFFile(stream).iter_segments("PT_LOAD"))
    assert found.flash_bytes == loaded
    assert found.weights_bytes == 1000
    assert 40 + 4 <= found.rodata_bytes < 40 + 4 + 16  # the multiplier, `calls`, and padding
    assert found.variables_bytes == 4 + 100
    assert 0 < found.startup_bytes < 1500
    assert found.constants["toy_layer_00_multiplier"] == 40
