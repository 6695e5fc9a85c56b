"""Lowering: a graph becomes kernel calls with their constants; from here on the target matters."""
