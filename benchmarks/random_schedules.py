"""Does every schedule compute what the reference computes, on thousands of random layers?

    python benchmarks/random_schedules.py [--count 20000] [--target cortex-m4] [--jobs 2]
                                          [--results FILE] [--json]

Every form of a layer that is proven for it runs on the emulated core, whether it pays or not: all
at once, some rows at a time that lie anywhere, on channels of larger tensors, over its operand.
``host`` runs the kernels of all cores in their portable meaning under ASan and UBSan. Inputs are
random, at their ends, and those that lead each channel to its least and greatest sum.

With ``--results`` a run goes on where it was stopped, as long as the kernels are the same.
"""

import json
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from typing import Any

import click

from mote.cli.console import print_table, stdout, table
from mote.codegen.library import library
from mote.run.cache import content_key
from mote.target import CORES
from report import Figure, options, progress, run, show

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
# By name, since types are checked here and not in tests.
job_runner, schedule_check, smaller_layers = map(
    import_module, ("job_runner", "schedule_check", "smaller_layers")
)

PER_CHUNK = 200
SHOWN = 10
"""Failures."""


@dataclass
class Tally:
    """What came of some layers: counts by family and kernel, as ``family|kernel``."""

    layers: int = 0
    refused: int = 0
    cases: int = 0
    compared_bytes: int = 0
    differing_bytes: int = 0
    of_layers: Counter[str] = field(default_factory=Counter)
    of_differing: Counter[str] = field(default_factory=Counter)
    problems: list[str] = field(default_factory=list)

    def add(self, other: "Tally") -> None:
        """Count those of another tally, too."""
        for name in ("layers", "refused", "cases", "compared_bytes", "differing_bytes"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.of_layers.update(other.of_layers)
        self.of_differing.update(other.of_differing)
        self.problems += other.problems


def check_chunk(
    targets: Sequence[str], first: int, count: int, runners: Sequence[Any]
) -> list[Tally]:
    """The layers of some seeds in all their schedules, on cores that share these."""
    cases, refused = schedule_check.drawn_cases(range(first, first + count), targets[0])
    seen = {(c.seed, f"{c.family}|{c.job.kernel.name}") for c in cases}
    found = []
    for target, runner in zip(targets, runners, strict=True):
        tally = Tally(layers=count - refused, refused=refused, cases=len(cases))
        tally.of_layers.update(name for _, name in seen)
        for verdict in schedule_check.judge(cases, runner):
            _add(tally, verdict, target, runner)
        found.append(tally)
    return found


def _add(tally: Tally, verdict: Any, target: str, runner: Any) -> None:
    tally.compared_bytes += verdict.compared_bytes
    tally.differing_bytes += verdict.differing_bytes
    if not verdict.problem:
        return
    case = verdict.case
    tally.of_differing[f"{case.family}|{case.job.kernel.name}"] += verdict.differing_bytes
    again = f"--target {target} --first-seed {case.seed} --count 1"
    text = f"{case}: {verdict.problem} (python benchmarks/random_schedules.py {again})"
    if not tally.problems:
        text += f"; smallest: {smaller_layers.smallest_failure(case, target, runner)}"
    tally.problems.append(text)


def tallies(
    targets: Sequence[str], first: int, count: int, jobs: int, results: Path | None
) -> dict[str, Tally]:
    """Of each target, over all chunks; those that a file has are not computed again."""
    state = content_key(*library().values())
    known = dict(_read(results, state)) if results else {}
    found = {target: Tally() for target in targets}
    groups: dict[object, list[str]] = {}
    for target in targets:
        groups.setdefault(schedule_check.schedules_of(target), []).append(target)
    left = []
    for start in range(first, first + count, PER_CHUNK):
        size = min(PER_CHUNK, first + count - start)
        for group in groups.values():
            for target in group:
                found[target].add(known.get((target, start, size), Tally()))
            missing = [target for target in group if (target, start, size) not in known]
            left += [(missing, start, size)] if missing else []
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(jobs) as pool:
        runners = {
            target: job_runner.JobRunner(CORES[target], kernels, Path(folder) / target)
            for kernels in [job_runner.every_kernel()]
            for target in dict.fromkeys(target for missing, _, _ in left for target in missing)
        }
        running = {
            pool.submit(check_chunk, *chunk, [runners[target] for target in chunk[0]]): chunk
            for chunk in left
        }
        for done in progress(as_completed(running), f"{len(left)} parts", len(left)):
            missing, start, size = running[done]
            for target, tally in zip(missing, done.result(), strict=True):
                found[target].add(tally)
                if results:
                    with results.open("a") as file:
                        line = [state, [target, start, size], vars(tally)]
                        print(json.dumps(line), file=file, flush=True)
    return found


def _read(path: Path, state: str) -> Iterator[tuple[tuple[str, int, int], Tally]]:
    """Chunks that a file has of these kernels."""
    for line in path.read_text().splitlines() if path.exists() else ():
        of, (target, first, count), fields = json.loads(line)
        if of == state:
            tally = Tally(**fields)
            tally.of_layers = Counter(fields["of_layers"])
            tally.of_differing = Counter(fields["of_differing"])
            yield (target, first, count), tally


def figures(found: Mapping[str, Tally]) -> Iterator[Figure]:
    for target, tally in found.items():
        for what, value in (
            ("layers", tally.layers),
            ("layers that are refused", tally.refused),
            ("schedules of layers, ways to call them", tally.cases),
            ("bytes compared", tally.compared_bytes),
        ):
            yield Figure(model="random", target=target, name=what, value=value)
        yield Figure(
            model="random",
            target=target,
            name="differing bytes",
            value=tally.differing_bytes,
            bar="=",
            bound=0,
            note="\n".join(tally.problems[:SHOWN]),
        )
        yield Figure(
            model="random",
            target=target,
            name="runs that fault or write beside their buffers, or differ",
            value=len(tally.problems),
            bar="=",
            bound=0,
        )


def print_schedules(found: Mapping[str, Tally]) -> None:
    """A row for each family and kernel: how many layers of it ran on each core."""
    targets = list(found)
    made = table(["family", "kernel", *targets, "differing bytes"], text=["family", "kernel"])
    rows = sorted({name for tally in found.values() for name in tally.of_layers})
    for name in rows:
        counts = [f"{tally.of_layers[name]:,}" for tally in found.values()]
        differing = sum(tally.of_differing[name] for tally in found.values())
        made.add_row(*name.split("|"), *counts, f"{differing:,}")
    print_table(made)


@click.command(help=__doc__)
@options(models=False)
@click.option("--count", type=click.IntRange(min=1), default=20_000, show_default=True)
@click.option("--first-seed", "seed", type=click.IntRange(min=0), default=0, show_default=True)
@click.option(
    "--target", "targets", multiple=True, type=click.Choice(list(CORES)), default=list(CORES)
)
@click.option("--jobs", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("--results", type=click.Path(path_type=Path, dir_okay=False), default=None)
def main(
    targets: Sequence[str], count: int, seed: int, jobs: int, results: Path | None, as_json: bool
) -> int:
    found = tallies(list(dict.fromkeys(targets)), seed, count, jobs, results)
    if not as_json:
        print_schedules(found)
        stdout().print()
    return show("random_schedules", figures(found), seed=seed, as_json=as_json)


if __name__ == "__main__":
    run(main)
