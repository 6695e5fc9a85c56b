"""The data: 1,797 handwritten digits of 8x8 pixels, split for training and testing."""

from dataclasses import dataclass

import numpy as np

from mote.ir.tensor import Array

TEST_FRACTION = 0.25


@dataclass(frozen=True)
class Digits:
    """Images ``[count, 8, 8, 1]`` in float32 from 0 (paper) to 1 (ink), and their digits."""

    train_images: Array
    train_labels: Array
    test_images: Array
    test_labels: Array


def load_digits(seed: int) -> Digits:
    """scikit-learn's digits, the same share of each digit held out."""
    from sklearn import datasets
    from sklearn.model_selection import train_test_split

    pixels, labels = datasets.load_digits(return_X_y=True)
    images = (pixels / 16).astype(np.float32).reshape(-1, 8, 8, 1)
    train_x, test_x, train_y, test_y = train_test_split(
        images, labels, test_size=TEST_FRACTION, stratify=labels, random_state=seed
    )
    return Digits(train_x, train_y, test_x, test_y)
