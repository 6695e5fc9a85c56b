"""Several compiled models that share one block of RAM, and everything else that can be shared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mote.build import Build, beside_arena
from mote.codegen.bundle import arena_bytes, generate_bundle
from mote.errors import FitError, InputError
from mote.run import save as output


@dataclass(frozen=True)
class Bundle:
    """Models that take turns.

    Args:
        builds: Each of them.
        files: The project of all: text by relative path.
    """

    builds: tuple[Build, ...]
    files: Mapping[str, str]

    @property
    def arena_bytes(self) -> int:
        """Size of the block that they share: that of the largest."""
        return arena_bytes([build.plan for build in self.builds])

    def save(self, directory: str | Path) -> None:
        """Write the project; it appears whole or not at all."""
        output.save(self.files, Path(directory))


def bundle(builds: Sequence[Build], *, ram: int | None = None) -> Bundle:
    """Put compiled models into one project, for programs that run one at a time.

    Args:
        builds: Compiled for the same target, under different names.
        ram: Most bytes that the block and the deepest of their stacks may take.

    Raises:
        InputError: There is none, or targets differ, or names do not.
        FitError: Together they are too large.
    """
    if not builds:
        raise InputError("models", "none given; a bundle needs one or more")
    target = builds[0].target
    others = sorted({b.target.name for b in builds if b.target != target})
    if others:
        raise InputError(
            "models",
            f"one is compiled for {target.name}, others for {', '.join(others)}",
            hint="compile all of them for one target: the kernels are shared",
        )
    divided = [build.graph.name for build in builds if build.plan.regions]
    if divided:
        raise InputError(
            "models",
            f"{' and '.join(divided)} must be divided among several regions of RAM, and models "
            "share one block",
            hint="--regions none (regions=() in Python) keeps each in one block",
        )
    parts = [(build.program, build.plan) for build in builds]
    made = Bundle(tuple(builds), generate_bundle(parts, target))
    _check_fit(made, ram)
    return made


def _check_fit(made: Bundle, ram: int | None) -> None:
    """What is known to be needed by all of them together."""
    board, names = made.builds[0].target.board, " and ".join(b.graph.name for b in made.builds)
    arrays = [array for build in made.builds for _, array in build.program.arrays]
    constants = sum(constant.array.nbytes for constant in arrays)
    if board and constants > board.flash_bytes:
        raise FitError(
            names,
            f"weights and tables need {constants:,} B of flash, {board.name} has "
            f"{board.flash_bytes:,} B ({constants - board.flash_bytes:,} B too many)",
            hint="mote targets lists boards with their RAM and flash",
        )
    if ram is None:
        return
    stack = max(beside_arena(build) for build in made.builds)
    needed = made.arena_bytes + stack
    if needed > ram:
        raise FitError(
            names,
            f"the block needs {made.arena_bytes:,} B and the deepest stack {stack:,} B, {ram:,} B "
            f"are allowed ({needed - ram:,} B too many)",
            hint="each fits alone: compile the one with the largest block for less RAM",
        )
