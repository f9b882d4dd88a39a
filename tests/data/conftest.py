"""The small corpus for all tests of this folder."""

from tiny import tiny

__all__ = ["tiny"]
