"""The data: 1,797 handwritten digits of 8x8 pixels, split for training and testing."""

from mote.data import Dataset, LoadOptions, SplitOptions, load

TEST_SHARE = 0.25


def load_digits(seed: int) -> Dataset:
    """scikit-learn's digits, the same share of each digit held out for testing."""
    split = SplitOptions(test=TEST_SHARE, validation=0, seed=seed)
    return load("digits", options=LoadOptions(split=split))
