"""rODIN, as we read it: a hot softmax after a step that makes the network less sure."""

from __future__ import annotations

from typing import ClassVar

from sernet.ood.odin import Odin


class Rodin(Odin):
    """ODIN with its step reversed: MSP at ``temperature`` after one signed gradient step that lowers it.

    This is a reading, not the paper's method: of rODIN we know its name, from a summary of arXiv:2308.04025, and not
    what it does. Two readings of the letter meet here. *Reversed*: the step goes the other way. *Robust*: the least
    confidence within ``step`` of the input (to first order); who is sure of what was trained stays sure, who guesses
    is easily talked out of it. Compare with `odin`, which stands beside it.
    """

    name = "rodin"
    direction: ClassVar[float] = -1.0

    def __init__(self, temperature: float = 1000.0, step: float = 0.1) -> None:
        super().__init__(temperature, step)
