"""Segments as RTTM, TextGrid or JSON, and as a picture under the waveform."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from sernet.errors import SernetError
from sernet.pipeline.files import atomic
from sernet.pipeline.reading import read_lines
from sernet.timeline.segments import NONE, Segment

FORMATS = ("rttm", "textgrid", "json")
POINTS = 2000
"""Columns of a drawn waveform."""
LONGEST = 1e7
"""Seconds of a recording, four months; a time beyond is a slip."""
LETTER = 0.1
"""Inches that a letter of a drawn label takes."""


def rttm_name(name: str) -> str:
    """A recording's name as RTTM can hold it: without white space."""
    return "_".join(name.split()) or "recording"


def rttm(name: str, segments: Sequence[Segment]) -> str:
    """Lines of NIST's rich transcription time marks, the label in the speaker's place, the confidence in its own.

    >>> print(rttm("call", [Segment(0.0, 1.5, "anger", 0.9)]), end="")
    SPEAKER call 1 0.000 1.500 <NA> <NA> anger 0.900 <NA>
    """
    clean = rttm_name(name)
    lines = []
    for start, end, label, confidence in segments:
        sure = "<NA>" if confidence is None else f"{confidence:.3f}"
        lines.append(f"SPEAKER {clean} 1 {start:.3f} {end - start:.3f} <NA> <NA> {label} {sure} <NA>\n")
    return "".join(lines)


def read_rttm(path: Path) -> dict[str, list[Segment]]:
    """The segments of each recording in an RTTM file, by the recording's name.

    Raises:
        SernetError: the file cannot be read, or a line is not one of RTTM (names it).
    """
    found: dict[str, list[Segment]] = {}
    for number, line in read_lines(path):
        fields = line.split()
        if not fields or fields[0] != "SPEAKER":
            continue
        try:
            start, length = float(fields[3]), float(fields[4])
            if not (0 <= start < LONGEST and 0 <= length < LONGEST):
                raise ValueError
            found.setdefault(fields[1], []).append(Segment(start, start + length, fields[7]))
        except (IndexError, ValueError) as error:
            raise SernetError(
                f"{path}:{number}: not a line of RTTM, with a start and a duration in seconds: {line[:100]!r}"
            ) from error
    return found


def textgrid(segments: Sequence[Segment], duration: float, tier: str = "emotion") -> str:
    """Praat's long text format, one interval tier; time without a segment becomes an empty interval."""
    full: list[Segment] = []
    at = 0.0
    for segment in [*sorted(segments), Segment(duration, duration, "")]:
        if segment.start > at:
            full.append(Segment(at, segment.start, ""))
        if segment.end > segment.start:
            full.append(segment)
        at = segment.end
    head = [
        'File type = "ooTextFile"',
        'Object class = "TextGrid"',
        "",
        "xmin = 0",
        f"xmax = {duration:.6f}",
        "tiers? <exists>",
        "size = 1",
        "item []:",
        "    item [1]:",
        '        class = "IntervalTier"',
        f'        name = "{tier}"',
        "        xmin = 0",
        f"        xmax = {duration:.6f}",
        f"        intervals: size = {len(full)}",
    ]
    body = "".join(
        f"        intervals [{number}]:\n            xmin = {segment.start:.6f}\n            xmax = {segment.end:.6f}\n"
        f'            text = "{segment.label}"\n'
        for number, segment in enumerate(full, 1)
    )
    return "\n".join(head) + "\n" + body


def as_json(
    name: str,
    segments: Sequence[Segment],
    duration: float,
    alternatives: Sequence[tuple[Sequence[Segment], float]] = (),
) -> str:
    """One JSON object, with the n best segmentations and their scores (log weights) where there are some."""
    value: dict[str, Any] = {"file": name, "duration": round(duration, 3), "segments": [_plain(s) for s in segments]}
    if alternatives:
        value["n_best"] = [
            {"score": round(score, 6), "segments": [_plain(segment) for segment in own]} for own, score in alternatives
        ]
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


def draw(
    path: Path,
    title: str,
    samples: np.ndarray,
    rate: int,
    segments: Sequence[Segment],
    labels: Sequence[str],
    posterior: np.ndarray,
    hop: float,
) -> None:
    """A picture: the waveform, and below it segments and posteriors ``(frames, labels)``; written whole or not at all.

    The ending of ``path`` decides its kind (png, svg, pdf).
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    colours = dict(
        zip(labels, ("#8a94a0", "#e69f00", "#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#b8a20a"))
    )
    colours[NONE] = "#e4e7ea"
    duration = len(samples) / rate
    width = max(8.0, min(0.4 * duration, 40.0))
    figure = Figure(figsize=(width, 4.5), layout="constrained")
    FigureCanvasAgg(figure)
    wave, band, curves = figure.subplots(3, 1, sharex=True, height_ratios=(3, 1, 3))
    blocks = np.array_split(samples, min(POINTS, len(samples)))
    times = np.linspace(0, duration, len(blocks))
    wave.fill_between(times, [b.min() for b in blocks], [b.max() for b in blocks], color="#44515f", linewidth=0)
    wave.set(title=title, ylabel="amplitude")
    for start, end, label, _ in segments:
        band.axvspan(start, end, color=colours.get(label, "#999999"))
        if (end - start) / duration * width > LETTER * len(label):
            band.text((start + end) / 2, 0.5, label, ha="center", va="center", fontsize=8)
    band.set(yticks=[], ylabel="label")
    middles = (np.arange(len(posterior)) + 0.5) * hop
    for index, label in enumerate(labels):
        curves.plot(middles, posterior[:, index], color=colours.get(label, "#999999"), label=label)
    curves.set(xlabel="seconds", ylabel="posterior", ylim=(-0.02, 1.02), xlim=(0, duration))
    figure.legend(loc="outside lower center", fontsize=8, ncols=min(len(labels), int(width / 1.2)))
    with atomic(path) as temporary:
        figure.savefig(temporary, dpi=120)


def _plain(segment: Segment) -> dict[str, Any]:
    value: dict[str, Any] = {"start": round(segment.start, 3), "end": round(segment.end, 3), "label": segment.label}
    return value if segment.confidence is None else value | {"confidence": round(segment.confidence, 4)}
