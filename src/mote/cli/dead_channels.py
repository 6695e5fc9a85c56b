"""How the command line says what the removal of dead channels saved."""

from mote.cli.console import number
from mote.passes.dead_channels import DeadChannels


def dead_rows(dead: DeadChannels) -> list[str]:
    """One line, or none where every channel is alive."""
    if not dead.channels:
        return []
    channels = "1 channel is" if dead.channels == 1 else f"{number(dead.channels)} channels are"
    parts = (
        f"{number(before)} -> {number(after)} {what}"
        for what, (before, after) in (("weights", dead.weights), ("MACs", dead.macs))
    )
    return [f"{channels} dead and left out: {', '.join(parts)}"]
