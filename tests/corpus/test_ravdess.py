"""RAVDESS as it was released."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from conftest import ROOT
from sernet.config.load import load_corpus
from sernet.corpus import checks, kaldi_dir, manifests
from sernet.corpus.entries import read_entries


def test_manifests_and_kaldi_directory_of_the_release(corpora: Path, tmp_path: Path) -> None:
    config, folder = load_corpus(ROOT / "egs", "ravdess")
    entries = read_entries(config, corpora / "ravdess", folder)
    assert checks.counts(config, entries, allow_partial=False) == []
    made, bad = manifests.build(config, entries, corpora / "ravdess")
    assert not bad
    kaldi_dir.write(made, tmp_path)
    supervisions = {s.id: s for s in made.supervisions}
    kaldi_dir.check(tmp_path, made.supervisions)
    assert len(supervisions) == 1440 and len({s.speaker for s in supervisions.values()}) == 24
    emotions = Counter(s.custom["emotion"] for s in supervisions.values())
    assert emotions.pop("neutral") == 96 and set(emotions.values()) == {192} and len(emotions) == 7
    odd = {s.gender for s in supervisions.values() if int(s.speaker[-2:]) % 2}
    assert odd == {"male"}
    pairs = checks.identical((key, s.custom["audio"]) for key, s in supervisions.items())
    assert pairs == [("ravdess-07-03-01-03-01-02-01-07", "ravdess-07-03-01-03-01-02-02-07")]
