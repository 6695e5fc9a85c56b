"""The main job on a small example: train, quantise, compile, run on an emulated board, measure."""
