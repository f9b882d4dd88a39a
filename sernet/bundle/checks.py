"""Whether a bundle's parts fit each other: a stranger's, or a damaged one, is refused when it is opened."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sernet.bundle.format import STATISTICS, Bundle, Contents
from sernet.bundle.outliers import KINDS
from sernet.errors import SernetError

LINEAR = ("mean", "std", "clip", "weight", "bias")
"""What a linear classifier has beside `columns`, which chooses among the values of its functionals."""
LONGEST = 60.0
"""Seconds of a window or a frame, at most."""

Shape = tuple[int | None, ...]
"""None: any length from 1."""


def check(bundle: Bundle) -> None:
    """Hold the statistics against bundle.json.

    Raises:
        SernetError: an array is missing, unknown, of another shape than the model's, or not finite; a deviation is not
            above 0; the detector lacks an option or has one out of range; frames or windows have no usable length.
    """
    contents, arrays = bundle.contents, bundle.statistics
    where = bundle.folder / STATISTICS
    _detector(contents)
    _frames(bundle)
    wanted = _shapes(contents, arrays)
    if strangers := sorted(set(arrays) - set(wanted)):
        raise SernetError(f"{where}: holds {strangers[0][:60]!r}, which the model in bundle.json has no use for")
    for name, shape in wanted.items():
        if name not in arrays:
            raise SernetError(f"{where}: lacks {name}, which the model in bundle.json needs")
        array = arrays[name]
        fits = len(array.shape) == len(shape) and all(
            own >= 1 if side is None else own == side for own, side in zip(array.shape, shape)
        )
        if not fits:
            asked = " x ".join("any" if side is None else str(side) for side in shape)
            raise SernetError(f"{where}: {name} has shape {array.shape}; the model in bundle.json has {asked}")
        if name.endswith("/columns"):
            continue
        if array.dtype not in (np.float32, np.float64) or not np.isfinite(array).all():
            raise SernetError(f"{where}: {name} holds values that are not finite numbers")
        if name.endswith("/std") and not (array > 0).all():
            raise SernetError(f"{where}: {name} holds deviations that are not above 0")


def _shapes(contents: Contents, arrays: Mapping[str, np.ndarray]) -> dict[str, Shape]:
    """The arrays that the model needs, with their shapes."""
    bins, dim, classes = contents.features.bins, contents.model.embedding, len(contents.classes)
    sizes: dict[str, int | None] = {"dim": dim, "any": None}
    wanted: dict[str, Shape] = {
        "front_end/mean": (bins,),
        "front_end/std": (bins,),
        "filters": (None, bins),
        "head/weight": (classes, dim),
        "head/bias": (classes,),
    }
    for name, sides in KINDS[contents.outliers.detector].shapes.items():
        wanted[f"detector/{name}"] = tuple(sizes[side] for side in sides)
    for number, listener in enumerate(contents.listeners):
        prefix, values = f"listener{number}/", listener.functionals.bins
        if (columns := arrays.get(f"{prefix}columns")) is not None:
            if not (columns.ndim == 1 and columns.dtype.kind == "i" and ((columns >= 0) & (columns < values)).all()):
                raise SernetError(f"{STATISTICS}: {prefix}columns are not places among {values} values")
            wanted[f"{prefix}columns"] = (None,)
            values = len(columns)
        shapes: tuple[Shape, ...] = ((values,), (values,), (1,), (classes, values), (classes,))
        wanted |= {f"{prefix}{name}": shape for name, shape in zip(LINEAR, shapes, strict=True)}
    return wanted


def _detector(contents: Contents) -> None:
    name, options = contents.outliers.detector, contents.outliers.options
    if set(options) != set(KINDS[name].options):
        asked = ", ".join(KINDS[name].options) or "none"
        raise SernetError(f"bundle.json: outliers.options: {', '.join(options) or 'none'}; {name} has {asked}")
    if min(options.values(), default=1.0) <= 0 or options.get("k", 1.0) != int(options.get("k", 1.0)):
        raise SernetError(f"bundle.json: outliers.options: {options} is out of range; they are above 0, and k is whole")


def _frames(bundle: Bundle) -> None:
    features, filters = bundle.contents.features, bundle.statistics.get("filters")
    length, shift = (int(seconds * features.sample_rate) for seconds in (features.frame_length, features.frame_shift))
    if not 1 <= shift <= length or features.frame_length > LONGEST:
        raise SernetError(
            f"bundle.json: features: frames of {features.frame_length:g} s every {features.frame_shift:g} s at "
            f"{features.sample_rate} Hz cannot be taken"
        )
    if filters is not None and filters.ndim == 2 and not length <= 2 * (len(filters) - 1) < max(4, 4 * length):
        raise SernetError(
            f"{bundle.folder / STATISTICS}: filters has {len(filters)} frequencies, for frames of {length}"
        )
    if bundle.window is not None and not 1 <= bundle.window <= LONGEST / features.frame_shift:
        raise SernetError(
            f"bundle.json: model.window_seconds: {bundle.contents.model.window_seconds:g} s hold no frame"
        )
