"""Emotion over time in what is being predicted: `sernet.timeline` on a bundle's network."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from sernet.audio.resample import resample
from sernet.bundle.engine import recogniser
from sernet.bundle.format import Bundle
from sernet.bundle.inputs import Pieces
from sernet.config.base import validate
from sernet.config.timeline import TimelineConfig
from sernet.data.dataset import FrontEnd
from sernet.timeline.annotate import Setting, by_hmm
from sernet.timeline.decode import choose
from sernet.timeline.windows import look
from sernet.train.device import choose_device


class Segmenter:
    """Listens to the pieces of a recording as they pass, and has its segments when they have.

    Settings are the timeline's defaults (`sernet timeline` has them as options). An hour of sound takes 115 MB.
    ``classes``: of the segments, two or more of the model's, in its order; None: all.
    """

    def __init__(self, bundle: Bundle, device: str = "auto", classes: Sequence[str] | None = None) -> None:
        contents, statistics = bundle.contents, bundle.statistics
        self.device = choose_device(device)
        self.contents = contents
        self.recogniser = recogniser(bundle).to(self.device)
        mean, std = statistics["front_end/mean"], statistics["front_end/std"]
        self.front_end = FrontEnd(contents.front_end.normalise, None, mean, std)
        chosen = list(classes or contents.classes)
        raw = {"runs": ["predict"], "classes": chosen, "quiet": chosen[:1]}
        self.setting = Setting(validate(TimelineConfig, raw, "--timeline"), tuple(contents.classes))
        self.decoder = choose("auto")
        self._energies: list[np.ndarray] = []
        self._seconds = 0.0

    def listen(self, pieces: Pieces) -> Pieces:
        """Pass ``pieces`` on."""
        self._energies, self._seconds = [], 0.0
        for samples, rate in pieces:
            self._seconds += len(samples) / rate
            self._energies += self._heard(resample(samples, rate, self.contents.features.sample_rate))
            yield samples, rate

    def segments(self) -> list[dict[str, Any]]:
        """Of what was listened to: start and end in seconds, label (`none`: no speech), confidence."""
        config = self.setting.config
        windows = look(
            self.recogniser.network,
            self.front_end,
            np.concatenate(self._energies),
            self.contents.features.frame_shift,
            config.window_seconds,
            config.hop_seconds,
            self.device,
            self._seconds,
        )
        (found,) = by_hmm([windows], self.setting, self.decoder)
        return [
            {"start": s.start, "end": round(s.end, 3), "label": s.label, "confidence": _rounded(s.confidence)}
            for s in found.segments
        ]

    def _heard(self, samples: np.ndarray) -> Iterator[np.ndarray]:
        import torch

        bank = self.recogniser.bank
        if len(samples) >= bank.length:
            with torch.inference_mode():
                yield bank(torch.from_numpy(samples)[None].to(self.device))[0].cpu().numpy()


def _rounded(share: float | None) -> float | None:
    return None if share is None else round(share, 6)
