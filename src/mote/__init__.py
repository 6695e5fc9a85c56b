"""Mote turns a neural network into the smallest and fastest C that a microcontroller can run."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mote import data, zoo
    from mote.build import Build, compile, from_torch, load, save
    from mote.bundling import Bundle, bundle
    from mote.errors import MoteError
    from mote.patching import choose_patches, patch
    from mote.quantization import quantize

__version__ = "0.1.0"
__all__ = [
    "Build",
    "Bundle",
    "MoteError",
    "bundle",
    "choose_patches",
    "compile",
    "data",
    "from_torch",
    "load",
    "patch",
    "quantize",
    "save",
    "zoo",
]

_HOMES = {
    "Build": "mote.build",
    "Bundle": "mote.bundling",
    "MoteError": "mote.errors",
    "bundle": "mote.bundling",
    "choose_patches": "mote.patching",
    "compile": "mote.build",
    "from_torch": "mote.build",
    "load": "mote.build",
    "patch": "mote.patching",
    "quantize": "mote.quantization",
    "save": "mote.build",
}
"""Where each public name lives; it is imported when it is first used."""


_ROOMS = ("data", "zoo")
"""Packages that are public as a whole."""


def __getattr__(name: str) -> Any:
    if name not in _HOMES and name not in _ROOMS:
        raise AttributeError(f"module 'mote' has no attribute {name!r}")
    from importlib import import_module

    if name in _ROOMS:
        return import_module(f"mote.{name}")
    return getattr(import_module(_HOMES[name]), name)
