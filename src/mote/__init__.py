"""Mote turns a neural network into the smallest and fastest C that a microcontroller can run."""

__version__ = "0.1.0"
