"""Make the far sets, sounds that carry no acted emotion, matched to the ID test set or as they are; corrupted speech.

Held-out emotions and other corpora's speech need no making: their features are used as they are.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from sernet.config.ood import KINDS, OodSetConfig
from sernet.draws import generator
from sernet.errors import SernetError
from sernet.ood.corruptions import corrupt
from sernet.ood.matching import Recording, Reference, Samples, match_band, match_length, match_level
from sernet.ood.signals import make_signal

PIECE = 0.05
"""Seconds of a piece of scrambled speech."""


class OodClip(NamedTuple):
    """One made utterance: mono samples at the reference's rate; speaker "" where nobody speaks and nothing was
    recorded; where a sound was, the recording stands for a speaker (Kaldi's way).

    ``said`` is the ID utterance whose label it keeps, "" where it has none.
    """

    utt_id: str
    speaker: str
    samples: Samples
    said: str = ""


def make_clips(
    name: str,
    config: OodSetConfig,
    reference: Reference,
    sources: Sequence[Recording] = (),
    noises: Sequence[Recording] = (),
    fold: str = "",
) -> Iterator[OodClip]:
    """The utterances of the set ``name``, one at a time; every draw depends on ``name`` and the utterance alone.

    A clip that is made to measure for a place in the fold has the fold in its draws and its id: it is another one in
    every fold. One that is made of an utterance, or taken as it is, is the same one wherever it occurs.

    Corrupted speech draws by its kind, not its name: the levels of one noise are levels of the same noise.

    Matched, there is one clip for each ID test utterance, with that utterance's length and active level, in the ID
    test set's band. Silence keeps its level, which is what makes it silence; speech that is reversed or scrambled
    matches by nature. Unmatched, a corpus's clips are as they are, and synthetic sounds are as many as the ID test
    utterances, 1 to 5 s long, 20 dB below full scale, over the whole band.

    Args:
        sources: recordings of the corpus, or the ID ones for reversed, scrambled and corrupted speech; none for
            synthetic sounds.
        noises: recorded sounds to be added, for corruption environment.
        fold: whose ID test utterances the reference is of.

    Raises:
        SernetError: a source without recordings, or one that nothing is made for (held-out).
    """
    if config.source == "corrupted":
        return _corrupted(name, config, reference.rate, sources, noises)
    if config.source in ("corpus", "reversed", "scrambled"):
        if not sources:
            raise SernetError(f"OOD set {name}: no recording to make it from")
        if config.source == "corpus":
            return _corpus(name, config, reference, sources, fold)
        make = {"reversed": _reversed, "scrambled": _scrambled}[config.source]
        return make(name, config, reference, sources)
    if config.source == "held-out":
        raise SernetError(f"OOD set {name}: held-out emotions are features of the corpus itself")
    return _synthetic(f"{name}-{fold}" if fold else name, config, reference)


def _synthetic(name: str, config: OodSetConfig, reference: Reference) -> Iterator[OodClip]:
    kinds = config.kinds or KINDS.get(config.source, (config.source,))
    rate = reference.rate
    for index, target in enumerate(reference.targets):
        draws = generator("ood", name, index)
        n = target.length if config.matched else round(draws.uniform(1, 5) * rate)
        samples = make_signal(kinds[index % len(kinds)], n, rate, draws)
        if config.matched and config.source != "silence":
            samples = match_level(match_band(samples, rate, target, reference), rate, target.level)
        yield OodClip(f"{name}-{index:05d}", "", samples)


def _corpus(
    name: str, config: OodSetConfig, reference: Reference, sources: Sequence[Recording], fold: str
) -> Iterator[OodClip]:
    rate = reference.rate
    if not config.matched:
        for source in sources:
            yield OodClip(f"{name}-{source.utt_id}", _unit(source), source.read(rate)[0])
        return
    name = f"{name}-{fold}" if fold else name
    order = generator("ood", name).permutation(len(sources))
    by_speaker = defaultdict(list)
    for index, source in enumerate(sources):
        by_speaker[_unit(source)].append(index)
    for index, target in enumerate(reference.targets):
        draws = generator("ood", name, index)
        first = sources[order[index % len(order)]]
        # One speaker, or one sound, a clip.
        same = [sources[i] for i in draws.permutation(by_speaker[_unit(first)])]
        pieces = [first, *(other for other in same if other is not first)]
        joined, lowest_rate = match_length(pieces, target.length, rate, draws)
        samples = match_level(match_band(joined, lowest_rate, target, reference), rate, target.level)
        yield OodClip(f"{name}-{index:05d}", _unit(first), samples)


def _unit(source: Recording) -> str:
    """What clips have in common: a speaker; without one, the recording. It is resampled as a whole for intervals."""
    return source.speaker or source.utt_id


def _reversed(name: str, config: OodSetConfig, reference: Reference, sources: Sequence[Recording]) -> Iterator[OodClip]:
    for source in sources:
        yield OodClip(f"{name}-{source.utt_id}", source.speaker, source.read(reference.rate)[0][::-1].copy())


def _scrambled(
    name: str, config: OodSetConfig, reference: Reference, sources: Sequence[Recording]
) -> Iterator[OodClip]:
    piece = round(PIECE * reference.rate)
    for source in sources:
        samples = source.read(reference.rate)[0]
        pieces = [samples[start : start + piece] for start in range(0, len(samples), piece)]
        order = generator("ood", name, source.utt_id).permutation(len(pieces))
        yield OodClip(f"{name}-{source.utt_id}", source.speaker, np.concatenate([pieces[i] for i in order]))


def _corrupted(
    name: str, config: OodSetConfig, rate: int, sources: Sequence[Recording], noises: Sequence[Recording]
) -> Iterator[OodClip]:
    assert config.corruption is not None
    for source in sources:
        # A babble of other people where there are any.
        others = [other for other in sources if other.speaker != source.speaker] or [
            other for other in sources if other.utt_id != source.utt_id
        ]
        samples, _ = source.read(rate)
        draws = generator("ood", config.corruption, config.split, source.utt_id)
        added = noises if config.corruption == "environment" else others
        spoilt = corrupt(config.corruption, config.strength, samples, rate, draws, added)
        yield OodClip(f"{name}-{source.utt_id}", source.speaker, spoilt, source.utt_id)
