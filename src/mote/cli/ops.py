"""`mote ops`."""

import click


@click.command("ops")
def ops_command() -> None:
    """..."""
