"""Finds the target that a user named, or says which names come near."""

from difflib import get_close_matches

from mote.errors import TargetError
from mote.target.boards import BOARD_ALIASES, BOARDS
from mote.target.cores import CORES
from mote.target.target import Target


def resolve(name: str) -> Target:
    """The core or board of this name, upper and lower case alike; ``m4`` is ``cortex-m4``.

    A core comes alone: no limit of RAM and flash, no clock. A board brings its core.
    """
    key = name.strip().lower().replace("_", "-").replace(" ", "-")
    if board := BOARDS.get(BOARD_ALIASES.get(key, key)):
        return Target(name=board.name, core=board.core, board=board)
    if core := CORES.get(key) or CORES.get(f"cortex-{key}"):
        return Target(name=core.name, core=core)
    near = get_close_matches(key, (*CORES, *BOARDS, *BOARD_ALIASES), n=3, cutoff=0.5)
    raise TargetError(
        "target",
        f"there is no target named {name!r}" + (f"; near: {', '.join(near)}" if near else ""),
        hint="mote targets lists every core and board",
    )
