"""The `mote` command, also as `python -m mote`."""

import sys


def main() -> int:
    """Run the command and return its exit code."""
    try:
        from mote.cli import main as command  # takes most of a second: Ctrl-C may come here too
    except KeyboardInterrupt:
        return 130
    return command()


if __name__ == "__main__":
    sys.exit(main())
