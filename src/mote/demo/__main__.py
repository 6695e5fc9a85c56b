"""`python -m mote.demo`: train a small network and prove it on an emulated microcontroller."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from mote.demo.pipeline import Settings, run
from mote.demo.report import console, describe, stage, table
from mote.errors import MoteError

DIFFERENT, USER_ERROR, INTERRUPTED = 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the demo; 0 when the target computes exactly what the reference does."""
    try:
        result = run(_settings(arguments), stage)
    except MoteError as error:
        console(stderr=True).print(f"mote: error: {error.message()}", soft_wrap=True)
        return USER_ERROR
    except KeyboardInterrupt:
        console(stderr=True).print("mote: interrupted")
        return INTERRUPTED
    console().print(table(result))
    if result.difference is None:
        return 0
    console(stderr=True).print(
        f"mote: error: target and reference differ: {describe(result.difference)}", soft_wrap=True
    )
    return DIFFERENT


def _settings(arguments: Sequence[str] | None) -> Settings:
    defaults = Settings()
    parser = argparse.ArgumentParser(
        prog="python -m mote.demo",
        description="Train a small convolutional network on handwritten digits, quantise it to "
        "int8, compile it to C, run every held-out image on an emulated core, and print "
        "accuracy, memory and time.",
    )
    parser.add_argument(
        "--target",
        default=defaults.target,
        help="board or core, as `mote targets` lists them (default: %(default)s)",
    )
    parser.add_argument(
        "--seed", type=int, default=defaults.seed, help="of split and training (%(default)s)"
    )
    parser.add_argument(
        "--epochs",
        type=_positive,
        default=defaults.epochs,
        help="passes over the training images (%(default)s)",
    )
    parser.add_argument(
        "--output", type=Path, metavar="DIR", help="keep the generated C project here"
    )
    given = parser.parse_args(arguments)
    return Settings(target=given.target, seed=given.seed, epochs=given.epochs, output=given.output)


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{number} is not positive")
    return number


if __name__ == "__main__":
    sys.exit(main())
