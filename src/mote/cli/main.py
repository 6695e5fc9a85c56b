"""The command group, and how every failure becomes one message and an exit code."""

import os
import signal
import sys
from collections.abc import Sequence

import click

from mote import __version__
from mote.cli.compile import compile_command
from mote.cli.console import prepare_streams
from mote.cli.data import data_command
from mote.cli.ops import ops_command
from mote.cli.profile import profile_command
from mote.cli.quantize import quantize_command
from mote.cli.run import run_command
from mote.cli.targets import targets_command
from mote.cli.train import train_command
from mote.cli.verify import verify_command
from mote.cli.zoo import zoo_command
from mote.errors import MoteError

USER_ERROR = 2
INTERRUPTED = 130
READER_GONE = 141


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mote", message="%(prog)s %(version)s")
def cli() -> None:
    """Turn a neural network into small, fast, bit-exact C for microcontrollers.

    \b
    A first tour, with any int8 .tflite model:
      mote verify  kws.tflite                        the C gives the bytes that LiteRT gives
      mote profile kws.tflite --target cortex-m4     cycles, RAM and flash, layer by layer
      mote compile kws.tflite --target nucleo-l4r5zi -o kws/
                                                     C sources, ready to build
      mote targets                                   the cores and boards to choose from

    Exit codes: 0 done, 1 verify found a difference, 2 something to mend, 130 interrupted.
    """


for _command in (
    compile_command,
    data_command,
    train_command,
    quantize_command,
    run_command,
    profile_command,
    verify_command,
    targets_command,
    ops_command,
    zoo_command,
):
    cli.add_command(_command)


def main(arguments: Sequence[str] | None = None) -> int:
    """The ``mote`` command; returns its exit code."""
    return invoke(cli, "mote", arguments)


def invoke(command: click.Command, name: str, arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit code; a user's mistake never shows a traceback."""
    prepare_streams()
    # As for Ctrl-C: nothing is left in the temporary folder, and no emulator goes on alone.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        result = command.main(arguments, prog_name=name, standalone_mode=False)
        sys.stdout.flush()
    except MoteError as error:
        return _complain(name, error.message())
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        path = context.command_path if context else name
        return _complain(
            name, f"{error.format_message()}\n  hint: {path} --help shows how to use it"
        )
    except (click.Abort, KeyboardInterrupt):
        click.echo(f"{name}: interrupted", err=True)
        return INTERRUPTED
    except SystemExit as stop:  # click and rich end this way when the reader (head, less) has gone
        return READER_GONE if stop.code else 0
    except BrokenPipeError:
        # Gone at the last flush: keep Python from complaining about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return READER_GONE
    except OSError as error:
        place = f"{error.filename}: " if error.filename else ""
        return _complain(name, f"{place}{error.strerror or error}")
    return result if isinstance(result, int) else 0


def _complain(name: str, message: str) -> int:
    click.echo(click.style(f"{name}: error: ", fg="red", bold=True) + message, err=True)
    return USER_ERROR
