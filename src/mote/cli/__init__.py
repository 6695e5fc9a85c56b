"""The `mote` command."""

from mote.cli.main import main

__all__ = ["main"]
