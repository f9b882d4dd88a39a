"""What is heard of a prepared corpus, kept beside its manifests: sound, fingerprints, and what is heard twice.

A corpus is listened to once. Its card, and the search for leaks within and between corpora, read what was kept.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sernet.corpus import duplicates
from sernet.corpus.audio import load_audio
from sernet.corpus.cuts import Cuts
from sernet.corpus.duplicates import Overlap, Samples
from sernet.corpus.sound import Sound, measure
from sernet.corpus.utterances import Indexed
from sernet.errors import SernetError
from sernet.pipeline.arrays import read_npz
from sernet.pipeline.files import atomic
from sernet.pipeline.progress import track

LISTENED = 20_000
"""Utterances that are listened to; of a larger corpus, a sample."""
SOUND = ("rate", "duration", "level", "bandwidth", "clipped")


@dataclass(frozen=True)
class Heard:
    """Utterances that were listened to, each with its sound and its fingerprint; overlaps name them by their places."""

    indexed: list[Indexed]
    """In the order of their ids."""
    silent: list[Indexed]
    """Those that should have been, and whose audio is not there."""
    sounds: list[Sound]
    prints: list[NDArray[np.int64]]
    compared: list[Overlap]
    """All pairs that share fingerprints, whether they are the same recording or not."""

    @property
    def doubles(self) -> list[Overlap]:
        """Pairs that are the same recording, in whole or in part."""
        return [overlap for overlap in self.compared if overlap.correlation >= duplicates.CORRELATION]

    def load(self, place: int) -> Samples:
        """The samples of an utterance at the rate of fingerprints."""
        return duplicates.at_rate(*load_audio(self.indexed[place]))


def hear(items: Iterable[Indexed], listened: int = LISTENED) -> Heard:
    """Listen to a corpus.

    Of more than ``listened`` utterances, to that many: those whose ids have the smallest digests, so the same ones each
    time.

    Raises:
        SernetError: a file cannot be read any more.
    """
    return _listen(*chosen(items, listened))


def _listen(indexed: list[Indexed], silent: list[Indexed]) -> Heard:
    sounds, prints = [], []
    for item in track(indexed, description="listening"):
        samples, rate = load_audio(item)
        sounds.append(measure(samples, rate))
        prints.append(duplicates.hashes(duplicates.at_rate(samples, rate)))
    heard = Heard(indexed, silent, sounds, prints, [])
    heard.compared.extend(duplicates.compare(prints, heard.load))
    return heard


def chosen(items: Iterable[Indexed], listened: int) -> tuple[list[Indexed], list[Indexed]]:
    """The utterances that are listened to, by id, and those of them whose audio is not there."""
    sample = sorted(heapq.nsmallest(listened, items, key=_digest), key=lambda item: item.utterance.id)
    return [item for item in sample if _is_there(item)], [item for item in sample if not _is_there(item)]


def write(heard: Heard, path: Path) -> None:
    """Keep what was heard, whole or not at all."""
    overlaps = [(o.first, o.second, o.correlation, o.seconds) for o in heard.compared]
    kept: dict[str, Any] = {name: np.array([getattr(sound, name) for sound in heard.sounds]) for name in SOUND}
    kept |= {
        "audio": np.array([_fingerprint_of(heard.indexed)]),
        "lengths": np.array([len(one) for one in heard.prints], dtype=np.int64),
        "prints": np.concatenate([np.zeros(0, np.int64), *heard.prints]).astype(np.int32),
        "overlaps": np.array(overlaps, dtype=np.float64).reshape(-1, 4),
    }
    with atomic(path) as temporary, open(temporary, "wb") as stream:
        np.savez_compressed(stream, **kept)


def read(path: Path, items: Iterable[Indexed], listened: int = LISTENED) -> Heard:
    """What was kept at ``path`` of the utterances ``items``; where it is of others, or not there, they are heard anew.

    Raises:
        SernetError: audio cannot be read any more.
    """
    indexed, silent = chosen(items, listened)
    kept = _kept(path, indexed)
    if kept is None:
        return _listen(indexed, silent)
    columns = zip(*(kept[name].tolist() for name in SOUND), strict=True)
    edges = np.cumsum(kept["lengths"])[:-1]
    prints = np.split(kept["prints"].astype(np.int64), edges) if indexed else []
    overlaps = [Overlap(int(a), int(b), float(c), float(s)) for a, b, c, s in kept["overlaps"]]
    return Heard(indexed, silent, [Sound(*column) for column in columns], prints, overlaps)


def of_corpus(folder: Path, listened: int = LISTENED) -> Heard:
    """What was heard of the corpus prepared in ``folder``, data/<corpus>/; see `read`."""
    return read(folder / "heard.npz", Cuts(folder / "cuts.jsonl.gz"), listened)


def _kept(path: Path, indexed: Sequence[Indexed]) -> dict[str, NDArray[Any]] | None:
    """What lies at ``path`` of ``indexed``; None where it is damaged, of others or of another version."""
    if not path.exists():
        return None
    try:
        kept = read_npz(path, ("audio", "lengths", "prints", "overlaps", *SOUND), "hear the corpus again")
    except SernetError:
        return None
    lengths, overlaps = kept["lengths"], kept["overlaps"]
    if kept["audio"].tolist() != [_fingerprint_of(indexed)] or any(a.dtype.kind not in "ifU" for a in kept.values()):
        return None
    if {kept[name].shape for name in (*SOUND, "lengths")} != {(len(indexed),)} or overlaps.shape[1:] != (4,):
        return None
    if (lengths < 0).any() or kept["prints"].shape != (int(lengths.sum()),) or kept["prints"].dtype.kind != "i":
        return None
    places = overlaps[:, :2]
    return kept if ((places >= 0) & (places < len(indexed))).all() else None


def _fingerprint_of(indexed: Sequence[Indexed]) -> str:
    """Which utterances, and which audio."""
    digest = hashlib.blake2b(digest_size=16)
    for item in indexed:
        digest.update(f"{item.utterance.id}\t{item.audio}\n".encode())
    return digest.hexdigest()


def _digest(item: Indexed) -> bytes:
    return hashlib.blake2b(item.utterance.id.encode(), digest_size=8).digest()


def _is_there(item: Indexed) -> bool:
    return item.source is not None and Path(item.source.path).exists()
