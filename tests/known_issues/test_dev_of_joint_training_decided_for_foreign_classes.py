"""In training on corpora with differing classes, an utterance of dev could be taken for a class its corpus has not."""

import json
from dataclasses import replace

import speech
from sernet.data.dataset import Examples
from sernet.train.loop import fit


def test_dev_is_decided_among_the_classes_of_its_corpus(tmp_path):
    data = speech.examples()
    only_anger = {"one": ["anger", "neutral"], "two": ["anger"]}
    train = data.select([u.id for u in data.utterances if u.corpus == "one" or u.emotion == "anger"])
    # It sounds neutral, but its corpus knows anger alone.
    calm = [(u, m) for u, m in zip(data.utterances, data.features, strict=True) if u.emotion != "anger"]
    dev = Examples([replace(u, corpus="two", emotion="anger") for u, _ in calm], [m for _, m in calm])
    config = speech.CONFIG.model_copy(update={"epochs": 8})
    fit(train, dev, speech.CLASSES, {"calm": "neutral"}, only_anger, speech.MODEL, config, 0, tmp_path, "cpu", "x")
    history = [json.loads(line) for line in (tmp_path / "history.jsonl").read_text().splitlines()]
    assert [row["dev_uar"] for row in history] == [1.0] * 8
