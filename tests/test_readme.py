"""What the documents and the help tell a reader to type does what they say, on a small model."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
import pytest

import mote
from documented_training import prepare
from float_model_file import write_float_model
from mote.cli import main
from mote.cli.main import cli
from mote.run.toolchain import PACKAGES
from small_model import INPUT_SHAPE, write_small_model

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
DOCUMENTS = (README, *sorted((ROOT / "docs").glob("*.md")))
BLOCK = re.compile(r"(?:^    .*\n|^\n)+", re.MULTILINE)
"""Indented lines: commands, or a program."""


def mote_commands() -> Iterator[str]:
    """Every `mote ...` of the documents and of the commands' examples."""
    for document in DOCUMENTS:
        text = document.read_text()
        yield from re.findall(r"^    (mote .*)", text, re.MULTILINE)
        yield from re.findall(r"`(mote [a-z]+ [^`]*)`", text)
    for command in (cli, *cli.commands.values()):
        yield from re.findall(r"^ +(mote .*)", command.help or "", re.MULTILINE)


def arguments(command: str) -> tuple[str, ...]:
    """What `mote` gets, without remarks and what follows a pipe."""
    plain = re.split(r" +#| \| | && | {6,}", command)[0]
    _, verb, *rest = plain.replace("MODEL", "kws.tflite").split(maxsplit=2)
    return (verb, *shlex.split(re.split(r" {5}", rest[0])[0] if rest else ""))


COMMANDS = sorted({arguments(command) for command in mote_commands()} - {("COMMAND", "--help")})


def program(first: str) -> str:
    """The block of the README that begins with a piece of text."""
    blocks = BLOCK.findall(README.read_text())
    (block,) = [b for b in blocks if b.strip().startswith(first)]
    return re.sub(r"^    ", "", block, flags=re.MULTILINE)


def run_python(*arguments: str) -> str:
    """What a Python process prints that ends well."""
    package = str(Path(mote.__file__).parents[1])
    done = subprocess.run(
        [sys.executable, *arguments],
        env={**os.environ, "PYTHONPATH": package},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(name="folder")
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory with the files that the documents speak of."""
    monkeypatch.chdir(tmp_path)
    write_small_model(tmp_path).rename("kws.tflite")
    shutil.copy("kws.tflite", "vww.tflite")
    x = np.random.default_rng(3).integers(-128, 128, INPUT_SHAPE, np.int8)
    np.save("x.npy", x)
    np.savez("x.npz", image=x)
    return tmp_path


def test_the_documents_show_every_command() -> None:
    shown = {command[0] for command in COMMANDS}
    assert shown >= set(cli.commands)


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.usefixtures("folder")
def test_a_documented_command_works(
    command: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    if command[0] == "train":
        command = prepare(command)
    for word in command:
        if word.endswith(".pt2"):
            write_float_model(Path(word))
    assert main(command) == 0, capsys.readouterr().err
    assert capsys.readouterr().out


def test_every_make_target_that_is_mentioned_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for document in DOCUMENTS:
        mentioned = re.findall(
            r"(?:^    |`)make ([a-z]+)\b(?! python3)", document.read_text(), re.MULTILINE
        )
        assert set(mentioned) <= targets, document.name
    assert {"demo", "test", "setup"} <= targets


def test_every_benchmark_that_is_mentioned_has_the_options_shown() -> None:
    options: dict[str, set[str]] = {}
    for document in DOCUMENTS:
        shown = re.findall(r"python (benchmarks/\S+\.py)([^`#\n]*)", document.read_text())
        for path, rest in shown:
            options.setdefault(path, set()).update(re.findall(r"--[a-z-]+", rest))
    assert options
    for path, wanted in options.items():
        told = run_python(str(ROOT / path), "--help")
        assert wanted <= set(re.findall(r"--[a-z-]+", told)), path


def test_every_program_that_mote_runs_is_among_its_dependencies() -> None:
    text = (ROOT / "docs" / "dependencies.md").read_text()
    for tool, packages in PACKAGES.items():
        (row,) = [line for line in text.splitlines() if line.startswith(f"| `{tool}`")]
        assert all(package in row for package in packages.split())


def test_every_exit_code_of_the_readme_is_in_the_help() -> None:
    assert isinstance(cli, click.Group)
    told = re.findall(r"\b(\d+) \(", README.read_text().partition("exit code is")[2].split(".")[0])
    codes = (cli.help or "").partition("Exit codes:")[2]
    assert told == re.findall(r"\d+", codes)


def test_the_python_of_the_readme_runs(folder: Path) -> None:
    text = "import numpy as np\nx = np.load('x.npy')\n" + program("import mote")
    (folder / "program.py").write_text(text + "print(y.shape)\n")
    assert run_python("-W", "error", "program.py").endswith("(1, 5)\n")
    assert (folder / "kws" / "model.c").is_file()


def test_the_c_of_the_readme_computes_what_the_model_computes(folder: Path) -> None:
    x = np.load("x.npy")
    build = mote.compile("kws.tflite", "host")
    build.save("kws")
    head, body = program("#include").split("\n\n", 1)
    (folder / "firmware.c").write_text(
        f"#include <stdio.h>\n#include <string.h>\n{head}\n"
        f"static const int8_t samples[] = {{{', '.join(map(str, x.ravel()))}}};\n"
        f"int main(void)\n{{\n{body}\n"
        'for (int i = 0; i < 5; i++) printf("%d ", scores[i]);\nreturn 0;\n}\n'
    )
    sources = [str(p) for p in Path("kws").rglob("*.c") if p.name != "main.c"]
    flags = ["-std=c99", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-Ikws", "-Ikws/kernels"]
    subprocess.run(["cc", *flags, "firmware.c", *sources, "-o", "firmware"], check=True)
    said = subprocess.run(["./firmware"], check=True, capture_output=True, text=True).stdout
    assert [int(word) for word in said.split()] == build.run(x).ravel().tolist()
