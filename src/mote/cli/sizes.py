"""Sizes as people type them: 40000, 40kB, 39.5KiB."""

import re

from mote.errors import InputError

UNITS = {"": 1, "B": 1, "kB": 10**3, "MB": 10**6, "KiB": 2**10, "MiB": 2**20}
SIZE = re.compile(rf"(\d+(?:\.\d+)?) ?({'|'.join(UNITS)})")


def size_in_bytes(option: str, text: str) -> int:
    """40000, 40kB or 39.5KiB."""
    found = SIZE.fullmatch(text.strip())
    if found is None:
        raise InputError(
            f"{option} {text}", f"is no size such as 40kB; units are {', '.join(UNITS)[2:]}"
        )
    return int(float(found[1]) * UNITS[found[2]])
