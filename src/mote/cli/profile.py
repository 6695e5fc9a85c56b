"""`mote profile`."""

import click


@click.command("profile")
def profile_command() -> None:
    """..."""
