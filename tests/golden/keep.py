"""Keeps the stories as they are today: `python -m tests.golden.keep [NAME…]`; look at the difference afterwards."""

import os
import sys

from tests.golden.stories import STORIES
from tests.golden.telling import DATA
from tests.golden.test_stories import told


def main() -> None:
    """Tell them and write them."""
    os.environ["LC_ALL"] = "C.UTF-8"
    for name in sys.argv[1:] or STORIES:
        (DATA / f"{name}.txt").write_text(told(name), encoding="utf-8")


if __name__ == "__main__":
    main()
