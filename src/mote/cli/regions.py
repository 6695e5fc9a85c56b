"""The option --regions: parts of RAM as people type them."""

from mote.cli.sizes import size_in_bytes
from mote.errors import InputError
from mote.target import Region


def parse_regions(text: str) -> tuple[Region, ...]:
    """``dtcm=64kB,sram=256kB``, the fastest first; ``none`` for no division."""
    if text.strip().lower() == "none":
        return ()
    found: list[Region] = []
    for number, part in enumerate(text.split(",")):
        name, is_given, size = part.partition("=")
        if not is_given:
            raise InputError(
                f"--regions {text}",
                f"{part!r} says no size, allowed: NAME=SIZE, such as dtcm=64kB, or none",
            )
        amount = size_in_bytes("--regions", size)
        found.append(Region(name=name.strip(), bytes=amount, access_cycles=number + 1))
    if len({region.name for region in found}) < len(found):
        raise InputError(f"--regions {text}", "two regions have the same name")
    return tuple(found)
