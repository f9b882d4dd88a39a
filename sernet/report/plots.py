"""The drawings of the report: numbers in, an inline SVG out. They know nothing of files or runs."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure

# Okabe and Ito's palette: told apart by nearly everyone, and in grey.
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7F6A00", "#444444", "#8B5FBF", "#A0522D")
SHADES = LinearSegmentedColormap.from_list("shades", ["#ffffff", "#b9d7ea", "#3d8fc0", "#0b4a75"])
STYLE = {
    "svg.hashsalt": "sernet",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.edgecolor": "#666666",
    "axes.linewidth": 0.8,
    "axes.titlesize": 10.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.grid": False,
    "grid.color": "#e3e3e3",
    "legend.frameon": False,
    "legend.fontsize": 9,
    "xtick.color": "#444444",
    "ytick.color": "#444444",
    "lines.linewidth": 1.6,
}
SHAPES = ("o", "^", "s", "D", "v", "P")
WIDTH = 4.4
"""Inches of one panel: as wide as a phone; a page sets several side by side."""


def draw(width: float = WIDTH, height: float = 3.2) -> tuple[Figure, Axes]:
    """An empty figure in the report's style; use within `style`."""
    figure = Figure(figsize=(width, height), layout="constrained")
    return figure, figure.add_subplot()


def style() -> AbstractContextManager[None]:
    """The context in which everything is drawn: ``with style(): ...``."""
    return matplotlib.rc_context(STYLE)


def svg(figure: Figure, alt: str) -> str:
    """The figure as an inline ``<svg>`` that scales with its column, with its text alternative; no dates, no ids."""
    buffer = io.StringIO()
    figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None, "Format": None, "Type": None})
    text = buffer.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<(metadata|style)\b.*?</\1>|<!--.*?-->", "", text, flags=re.DOTALL)
    used = set(re.findall(r"#([\w-]+)", text))
    text = re.sub(r' id="([^"]*)"', lambda match: match.group(0) if match.group(1) in used else "", text)
    text = re.sub(r"\n\s*", "\n", text)
    view = re.search(r'viewBox="0 0 ([\d.]+) ([\d.]+)"', text)
    assert view is not None
    pixels = round(float(view.group(1)) * 4 / 3)
    opening = (
        f'<svg role="img" aria-label="{html.escape(alt)}" viewBox="{view.group(0)[9:-1]}" style="max-width:{pixels}px" '
        f'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink">'
    )
    return opening + text[text.index(">") + 1 :].strip()


def colour(index: int) -> str:
    """The colour of the index-th thing."""
    return PALETTE[index % len(PALETTE)]


def intervals(
    lines: Sequence[str],
    systems: Sequence[str],
    values: Mapping[tuple[str, str], tuple[float, float | None, float | None]],
    label: str,
    alt: str,
    chance: Mapping[str, float] | None = None,
) -> str:
    """Dots with intervals: an entry a line, a colour a system; ``values[line, system]`` is (value, low, high)."""
    with style():
        figure, axes = draw(height=0.75 + 0.19 * len(lines) * (len(systems) + 0.6))
        step = 0.8 / max(len(systems), 1)
        for index, system in enumerate(systems):
            for row, line in enumerate(lines):
                if (line, system) not in values:
                    continue
                value, low, high = values[line, system]
                y = row + step * (index - (len(systems) - 1) / 2)
                if low is not None and high is not None:
                    axes.plot([low, high], [y, y], color=colour(index), solid_capstyle="round")
                axes.plot(value, y, "o", color=colour(index), markersize=5, label=system if row == 0 else None)
        for row, line in enumerate(lines):
            if chance and line in chance:
                axes.plot([chance[line]] * 2, [row - 0.45, row + 0.45], color="#888888", linestyle=":", linewidth=1.2)
        _rows(figure, axes, lines, label)
        return svg(figure, alt)


def _rows(figure: Figure, axes: Axes, lines: Sequence[str], label: str, size: float | None = None) -> None:
    """A row for each of ``lines``, the first on top, over an axis of shares."""
    axes.set_yticks(range(len(lines)), lines, fontsize=size)
    axes.set_ylim(len(lines) - 0.4, -0.6)
    axes.set_xlim(0, 1.02)
    axes.grid(axis="x")
    axes.set_xlabel(label)
    figure.legend(loc="outside upper left", ncols=4)


def dots(
    lines: Sequence[str], systems: Sequence[str], values: Mapping[tuple[str, str], float], label: str, alt: str
) -> str:
    """A line for each entry, on it a mark for each system: ``values[line, system]``."""
    with style():
        figure, axes = draw(height=0.9 + 0.2 * len(lines))
        for row, line in enumerate(lines):
            here = [values[line, system] for system in systems if (line, system) in values]
            axes.plot([min(here), max(here)], [row, row], color="#c9c9c9", linewidth=1.2, zorder=1)
        for index, system in enumerate(systems):
            points = [(values[line, system], row) for row, line in enumerate(lines) if (line, system) in values]
            if points:
                shape = SHAPES[index % len(SHAPES)]
                axes.plot(
                    *zip(*points, strict=True), shape, color=colour(index), markersize=5, alpha=0.85, label=system
                )
        _rows(figure, axes, lines, label, 8.5)
        return svg(figure, alt)


def forest(values: Mapping[str, tuple[float, float | None, float | None]], label: str, alt: str) -> str:
    """Differences with intervals, (value, low, high) a line, about a line at 0; what excludes 0 is drawn strong."""
    with style():
        figure, axes = draw(6.4, 0.8 + 0.26 * len(values))
        for row, (value, low, high) in enumerate(values.values()):
            sure = low is not None and high is not None and (low > 0 or high < 0)
            hue = colour(0) if sure else "#8a939e"
            if low is not None and high is not None:
                axes.plot([low, high], [row, row], color=hue, solid_capstyle="round")
            axes.plot(value, row, "o", color=hue, markersize=5)
        axes.axvline(0, color="#444444", linewidth=0.9)
        axes.set_yticks(range(len(values)), list(values))
        axes.set_ylim(len(values) - 0.4, -0.6)
        reach = max(abs(limit) for limits in values.values() for limit in limits if limit is not None) or 1.0
        axes.set_xlim(-1.08 * reach, 1.08 * reach)
        axes.grid(axis="x")
        axes.set_xlabel(label)
        return svg(figure, alt)


def matrix(
    shares: np.ndarray,
    rows: Sequence[str],
    columns: Sequence[str],
    title: str,
    alt: str,
    notes: np.ndarray | None = None,
    row_label: str = "",
    column_label: str = "",
    cell: float = 0.72,
) -> str:
    """A table in shades, ``shares`` in 0 to 1 or NaN for nothing, with a second line of text in each cell.

    ``cell`` is the least width of a column in inches.
    """
    with style():
        height = 1.0 + 0.45 * len(rows)
        figure, axes = draw(max(WIDTH, 0.5 + 0.08 * max(map(len, rows)) + cell * len(columns)), height)
        axes.imshow(shares, cmap=SHADES, vmin=0, vmax=1, aspect="auto")
        for i, j in np.ndindex(*shares.shape):
            if np.isnan(shares[i, j]):
                continue
            ink = "white" if shares[i, j] > 0.6 else "#222222"
            note = "" if notes is None else str(notes[i, j])
            axes.text(
                j, i - (0.15 if note else 0), f"{shares[i, j]:.2f}", ha="center", va="center", color=ink, fontsize=9.5
            )
            axes.text(j, i + 0.23, note, ha="center", va="center", color=ink, fontsize=7.4)
        turn = 30 if max(map(len, columns)) > 7 else 0
        axes.set_xticks(range(len(columns)), columns, rotation=turn, ha="right" if turn else "center")
        axes.set_yticks(range(len(rows)), rows)
        axes.tick_params(length=0)
        axes.spines[:].set_visible(False)
        axes.set_xlabel(column_label)
        axes.set_ylabel(row_label)
        axes.set_title(title)
        return svg(figure, alt)


def curves(
    lines: Sequence[tuple[str, np.ndarray, np.ndarray]],
    title: str,
    xlabel: str,
    ylabel: str,
    alt: str,
    limits: tuple[float, float] | None = None,
    diagonal: bool = False,
    markers: bool = False,
    order: Sequence[str] = (),
    skip: int = 0,
    dashes: Mapping[str, str] | None = None,
) -> str:
    """Lines (name, x, y); equal names share a colour and one entry in the legend. ``skip`` leaves first colours out.

    ``dashes`` gives line styles by name.
    """
    with style():
        figure, axes = draw()
        names = list(order) or list(dict.fromkeys(name for name, _, _ in lines))
        if diagonal:
            axes.plot([0, 1], [0, 1], color="#aaaaaa", linewidth=1, linestyle="--")
        many = len(lines) > len(names)
        for name, x, y in lines:
            first = name not in axes.get_legend_handles_labels()[1]
            axes.plot(
                x,
                y,
                color=colour(names.index(name) + skip),
                linestyle=(dashes or {}).get(name, "-"),
                label=name if first else None,
                linewidth=1.1 if many else 1.6,
                alpha=0.75 if many else 1,
                marker="o" if markers else None,
                markersize=3.5,
            )
        if limits:
            axes.set_ylim(*limits)
        if diagonal:
            axes.set_xlim(0, 1.01)
        axes.grid()
        axes.set_title(title)
        axes.set_xlabel(xlabel)
        axes.set_ylabel(ylabel)
        columns = 3 if max(map(len, names)) < 14 else 2
        figure.legend(*axes.get_legend_handles_labels(), loc="outside lower left", ncols=columns)
        return svg(figure, alt)


def courses(
    parts: Sequence[tuple[str, Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]]]],
    title: str,
    xlabel: str,
    order: Sequence[str],
    alt: str,
) -> str:
    """Means with a band of +- a deviation, ``(x, mean, deviation)`` by name, in parts (label, lines) above each other.

    Equal names share a colour, that of their place in ``order``; a line at 0 stands in each part.
    """
    with style():
        figure = Figure(figsize=(WIDTH, 1.0 + 1.5 * len(parts)), layout="constrained")
        for axes, (label, lines) in zip(
            figure.subplots(len(parts), sharex=True, squeeze=False)[:, 0], parts, strict=True
        ):
            axes.axhline(0, color="#888888", linewidth=0.9)
            for name in (name for name in order if name in lines):
                x, mean, deviation = lines[name]
                hue = colour(order.index(name))
                axes.fill_between(x, mean - deviation, mean + deviation, color=hue, alpha=0.2, linewidth=0)
                axes.plot(x, mean, color=hue, label=name, marker="o" if len(x) < 3 else None, markersize=3.5)
            axes.grid()
            axes.set_ylabel(label)
        figure.axes[0].set_title(title)
        figure.axes[-1].set_xlabel(xlabel)
        figure.legend(*figure.axes[0].get_legend_handles_labels(), loc="outside lower left", ncols=3)
        return svg(figure, alt)


def ridges(
    reference: tuple[str, np.ndarray], parts: Sequence[tuple[str, np.ndarray]], title: str, xlabel: str, alt: str
) -> str:
    """A histogram a row, over common bins, each in front of the grey one of the ``reference``; heights are relative.

    Colours are those of `curves` with ``skip=1``, so that one picture is the legend of the other.
    """
    with style():
        figure, axes = draw(height=0.95 + 0.36 * (len(parts) + 1))
        rows = [reference, *parts]
        everything = np.concatenate([values for _, values in rows])
        low, high = np.quantile(everything, [0.005, 0.995])
        bins = np.linspace(low, high if high > low else low + 1, 33)

        def outline(values: np.ndarray) -> np.ndarray:
            count, _ = np.histogram(np.clip(values, bins[0], bins[-1]), bins)
            return np.asarray(0.85 * count / count.max())

        grey = outline(reference[1])
        for row, (_, values) in enumerate(rows):
            axes.stairs(grey - row, bins, baseline=-row, color="#c4cad2", fill=True, alpha=0.75)
            if row:
                axes.stairs(outline(values) - row, bins, baseline=-row, color=colour(row), fill=True, alpha=0.3)
                axes.stairs(outline(values) - row, bins, baseline=None, color=colour(row), linewidth=1.3)
        axes.set_yticks([-row for row in range(len(rows))], [name for name, _ in rows], va="bottom", fontsize=8.5)
        for row, tick in enumerate(axes.get_yticklabels()):
            tick.set_color(colour(row) if row else "#444444")
        axes.set_ylim(-len(rows) + 0.95, 1)
        axes.spines[["left"]].set_visible(False)
        axes.tick_params(axis="y", length=0)
        axes.set_title(title)
        axes.set_xlabel(xlabel)
        return svg(figure, alt)


def scatter(points: np.ndarray, names: np.ndarray, title: str, alt: str) -> str:
    """Points ``(n, 2)`` coloured by name; colour and shape, so that more than ten names stay apart."""
    with style():
        figure, axes = draw(height=4.2)
        known = sorted(set(names.tolist()))
        for index, name in enumerate(known):
            mine = points[names == name]
            shape = SHAPES[index // len(PALETTE) % len(SHAPES)]
            axes.plot(*mine.T, shape, color=colour(index), markersize=4, alpha=0.8, markeredgewidth=0, label=name)
        axes.set_xticks([])
        axes.set_yticks([])
        axes.spines[:].set_visible(False)
        axes.set_aspect("equal", adjustable="datalim")
        axes.set_title(title)
        if len(known) <= 16:
            figure.legend(*axes.get_legend_handles_labels(), loc="outside lower left", ncols=3, markerscale=1.5)
        return svg(figure, alt)


def bars(names: Sequence[str], values: Sequence[float], marked: str, title: str, alt: str) -> str:
    """Shares in 0 to 1 as horizontal bars; one of them, and its name, is marked."""
    with style():
        figure, axes = draw(3.4, 0.4 + 0.21 * len(names))
        hues = [PALETTE[2] if name == marked else "#b5b5b5" for name in names]
        axes.barh(range(len(names)), values, color=hues, height=0.7)
        for row, value in enumerate(values):
            inside = value > 0.8
            place, ink = (value - 0.02, "#111111") if inside else (value + 0.02, "#333333")
            axes.text(
                place, row, f"{value:.2f}", va="center", ha="right" if inside else "left", fontsize=8.5, color=ink
            )
        axes.set_yticks(range(len(names)), names)
        for name, tick in zip(names, axes.get_yticklabels(), strict=True):
            if name == marked:
                tick.set(color=PALETTE[2], fontweight="bold")
        axes.invert_yaxis()
        axes.set_xlim(0, 1)
        axes.set_xticks([])
        axes.spines[["bottom"]].set_visible(False)
        axes.tick_params(length=0)
        axes.set_title(title)
        return svg(figure, alt)


def spectrogram(levels: np.ndarray, seconds: float, nyquist: float, alt: str) -> str:
    """A picture of ``levels`` (bins, frames) in dB over seconds and kHz."""
    with style():
        figure, axes = draw(3.4, 1.7)
        top = float(levels.max())
        axes.imshow(
            levels,
            origin="lower",
            aspect="auto",
            cmap="magma",
            vmin=top - 70,
            vmax=top,
            extent=(0, seconds, 0, nyquist / 1000),
            interpolation="nearest",
        )
        axes.set_xlabel("s", fontsize=8)
        axes.set_ylabel("kHz", fontsize=8)
        axes.tick_params(labelsize=8)
        return svg(figure, alt)
