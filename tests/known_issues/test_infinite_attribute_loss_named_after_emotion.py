"""A loss that is infinite makes all losses so in the next step, and the error named emotion's, whichever it was."""

import pytest
import torch

import speech
from sernet.errors import SernetError
from sernet.model.attributes import AttributeTask
from sernet.train.loop import fit


def test_the_loss_that_was_first_is_named(tmp_path, monkeypatch):
    original = AttributeTask.__init__

    def broken(self, attribute, dim, classes):
        original(self, attribute, dim, classes)
        if attribute.name == "corpus":
            torch.nn.init.constant_(self.classifier[0].bias, torch.inf)

    monkeypatch.setattr(AttributeTask, "__init__", broken)
    with pytest.raises(SernetError, match="^the corpus_loss is nan in epoch 1; utterances: "):
        fit(
            speech.examples(), None, speech.CLASSES, {"calm": "neutral"}, None, speech.MODEL, speech.CONFIG, 0,
            tmp_path, "cpu", "x",
        )  # fmt: skip
