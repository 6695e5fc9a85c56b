"""The boards and microcontrollers that Mote knows, each figure with its source."""

from mote.target.target import Board

BOARDS: dict[str, Board] = {}
"""Board by name."""
