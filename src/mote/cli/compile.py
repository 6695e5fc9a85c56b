"""`mote compile`."""

import click


@click.command("compile")
def compile_command() -> None:
    """..."""
