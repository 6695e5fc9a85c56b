"""Removes transposes by following values as views of what is stored."""

from mote.passes.remove_transposes.remove_transposes import remove_transposes

__all__ = ["remove_transposes"]
