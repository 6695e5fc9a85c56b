"""How long does a user wait? From the model file to a linked ELF, and for a profile.

    python benchmarks/build_time.py [--model vww] [--repeat 3] [--json]

Wall-clock seconds of whole processes, Python's start included: they depend on the machine and on
what else it does (see ``load``). First with an empty cache, then with the kernels already compiled.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path

import click

from models import MODELS
from mote.errors import ToolError
from report import Figure, options, progress, run, show

CORE = "cortex-m4"
MOST_SECONDS = 10
BUILD = """
import sys
from pathlib import Path
import mote
from mote.run.firmware import build
made = mote.compile(sys.argv[1], sys.argv[2])
build(made.files, made.interface, made.target.core, Path(sys.argv[3]))
"""


def build_command(path: Path, directory: str) -> list[str]:
    return [sys.executable, "-c", BUILD, str(path), CORE, directory]


def profile_command(path: Path, directory: str) -> list[str]:
    return [sys.executable, "-m", "mote", "profile", str(path), "--target", CORE]


JOBS: dict[str, Callable[[Path, str], list[str]]] = {
    "model to linked ELF": build_command,
    "mote profile": profile_command,
}


def figures(name: str, path: Path, repeat: int) -> Iterator[Figure]:
    for what, command in JOBS.items():
        empty, warm = [], []
        for _ in progress(range(repeat), f"{name}, {what}", repeat):
            with tempfile.TemporaryDirectory(prefix="mote-") as cache:
                empty.append(seconds(command, path, cache))
                warm.append(seconds(command, path, cache))
        yield Figure(
            model=name,
            target=CORE,
            name=f"{what}, empty cache, slowest of {repeat}, s",
            value=round(max(empty), 2),
            bar="<=",
            bound=MOST_SECONDS,
        )
        yield Figure(
            model=name,
            target=CORE,
            name=f"{what}, again, fastest of {repeat}, s",
            value=round(min(warm), 2),
        )


def seconds(command: Callable[[Path, str], list[str]], path: Path, cache: str) -> float:
    """Wall-clock time of one process."""
    with tempfile.TemporaryDirectory(prefix="mote-") as directory:
        environment = {**os.environ, "XDG_CACHE_HOME": cache}
        start = time.perf_counter()
        done = subprocess.run(
            command(path, directory), env=environment, capture_output=True, text=True, check=False
        )
        elapsed = time.perf_counter() - start
    if done.returncode:
        raise ToolError("mote", "the measured process failed", details=done.stderr.splitlines()[:9])
    return elapsed


@click.command(help=__doc__)
@options()
@click.option("--repeat", type=click.IntRange(min=1), default=3, show_default=True)
def main(names: Sequence[str], folder: Path, repeat: int, seed: int, as_json: bool) -> int:
    paths = {name: MODELS[name].path(folder) for name in names}
    measured = (figures(name, path, repeat) for name, path in paths.items())
    return show("build_time", chain.from_iterable(measured), seed=seed, as_json=as_json)


if __name__ == "__main__":
    run(main)
