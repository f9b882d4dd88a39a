"""mini's speech hung on the order of the keys in its configuration, and so on how a job's task file was written."""

from __future__ import annotations

from pathlib import Path

from conftest import ROOT
from sernet.config.load import load_corpus
from sernet.corpus import mini


def test_the_order_of_keys_changes_no_sample(tmp_path: Path) -> None:
    config = load_corpus(ROOT / "egs", "mini_de")[0].synthesis
    assert config is not None
    few = {"takes": 1, "speakers": dict(list(config.speakers.items())[:1])}
    emotions, sentences = dict(list(config.emotions.items())[:2]), dict(list(config.sentences.items())[:2])
    made = []
    for turn in (lambda items: items, reversed):
        both = {"emotions": dict(turn(list(emotions.items()))), "sentences": dict(turn(list(sentences.items())))}
        folder = tmp_path / str(len(made))
        mini.make(config.model_copy(update=few | both), "mini_de", folder, 1)
        made.append({path.name: path.read_bytes() for path in folder.rglob("*.wav")})
    assert made[0] == made[1] and len(made[0]) == 4
