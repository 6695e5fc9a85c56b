"""Builds generated C, runs it on this machine or an emulated core, measures and compares it."""
