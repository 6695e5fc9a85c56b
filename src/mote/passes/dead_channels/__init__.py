"""Channels that no input changes, or that nothing reads, disappear: exactly, for every input."""

from mote.passes.dead_channels.remove import NOTHING_DEAD, DeadChannels, remove_dead_channels

__all__ = ["NOTHING_DEAD", "DeadChannels", "remove_dead_channels"]
