"""Ways of training that the study tries beside the settings that any recipe has; what they are worth: STUDIES.md."""

from __future__ import annotations

import fcntl
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import torch
import yaml
from torch import Tensor
from torch.nn import functional

from sernet.config.base import validate
from sernet.config.model import ModelConfig
from sernet.config.training import TrainConfig
from sernet.corpus.utterances import read_cuts
from sernet.data.dataset import Examples
from sernet.data.load import load_examples
from sernet.pipeline.files import write_json
from sernet.train import checkpoint
from sernet.train.batches import Batch, TrainingData
from sernet.train.start import begin
from sernet.train.trainer import Trainer

TEACHER_SHARE = 0.5
MEMORY = 0.9
"""Share of a running mean that a batch with one of its utterances keeps."""
FEWEST = 5
"""Utterances of a speaker who is worth telling apart in pre-training."""


class Distilled(Trainer):
    """A second network learns half from the first one's posteriors.

    Born-again networks (Furlanello et al. 2018), with the teacher on the same augmented crop.
    """

    teacher: Trainer

    def emotion_loss(self, embedding: Tensor, batch: Batch) -> Tensor:
        """Half the ordinary loss, half the cross-entropy with the teacher's posteriors."""
        network = self.teacher.averaged.eval()
        with torch.no_grad(), torch.autocast(self.kind, dtype=torch.bfloat16, enabled=self.bf16):
            seen = network(batch.x, batch.lengths)
        taught = functional.softmax(network.logits(seen), dim=1).detach()
        learnt = functional.log_softmax(self.model.logits(embedding), dim=1)
        own = super().emotion_loss(embedding, batch)
        return (1 - TEACHER_SHARE) * own - TEACHER_SHARE * (batch.weight * (taught * learnt).sum(1)).mean()


class Aligned(Trainer):
    """Speakers are suppressed without a classifier: each one's mean deviation from the class means is pulled to zero.

    A reversed classifier can be fooled while another still reads the speaker; a mean that is zero cannot. Means are of
    embeddings of length 1 and run over batches. Our design.
    """

    weight: float

    def __init__(
        self, data: TrainingData, classes: int, model: ModelConfig, config: TrainConfig, seed: int, device: str
    ) -> None:
        super().__init__(data, classes, model, config, seed, device)
        speakers = sorted({str(utterance.speaker) for utterance in data.utterances})
        self.speaker_of = {u.id: speakers.index(str(u.speaker)) for u in data.utterances}
        self.class_mean = torch.zeros(classes, model.embedding)
        self.speaker_mean = torch.zeros(len(speakers), model.embedding)

    def emotion_loss(self, embedding: Tensor, batch: Batch) -> Tensor:
        """The ordinary loss, and how far each utterance lies towards its speaker's side of its class."""
        speaker = torch.tensor([self.speaker_of[name] for name in batch.ids])
        unit = functional.normalize(embedding)
        residual = unit - self.class_mean[batch.label]
        towards = (residual * self.speaker_mean[speaker]).sum(1).mean()
        for means, group, values in (
            (self.class_mean, batch.label, unit.detach()),
            (self.speaker_mean, speaker, residual.detach()),
        ):
            for one in group.unique():
                means[one].lerp_(values[group == one].mean(0), 1 - MEMORY)
        return super().emotion_loss(embedding, batch) + self.weight * towards


def pretrained(workdir: Path, corpora: list[str], model: ModelConfig, config: TrainConfig, seed: int) -> Trainer:
    """A network that tells the speakers of ``corpora`` apart, trained on 20,000 presentations."""
    folders = {name: workdir / "data" / name / "fbank80" for name in corpora}
    items = [item for name in corpora for item in read_cuts(folders[name] / "cuts.jsonl.gz")]
    examples = load_examples(folders, items)
    spoken = [str(utterance.speaker) for utterance in examples.utterances]
    named = [replace(u, emotion=who) for u, who in zip(examples.utterances, spoken, strict=True)]
    speakers = sorted({who for who in spoken if spoken.count(who) >= FEWEST})
    schedule = config.model_copy(update={"epochs": -(-20000 // len(named))})
    data = TrainingData(Examples(named, examples.features), speakers, {}, None, model, schedule, seed)
    trainer = Trainer(data, len(speakers), model, schedule, seed, "cpu")
    finish(trainer)
    return trainer


def begun(
    trainer: Trainer,
    classes: list[str],
    workdir: Path,
    corpora: dict[str, list[str]],
    features: str,
    model: ModelConfig,
    seed: int,
    out: Path,
) -> None:
    """``trainer`` begins where one ended that learnt emotion on ``corpora`` (their classes); it is kept in ``out``."""
    told = sorted({emotion for of in corpora.values() for emotion in of})
    what = yaml.safe_dump([corpora, features, model.model_dump(mode="json"), seed]).encode()
    path = out / f"start-{sha256(what).hexdigest()[:12]}"
    path.mkdir(exist_ok=True)
    with open(path / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # trainings side by side wait for the one that makes it
        if not (path / "model.json").exists():
            folders = {name: workdir / "data" / name / features for name in corpora}
            items = [item for folder in folders.values() for item in read_cuts(folder / "cuts.jsonl.gz")]
            examples = load_examples(folders, items).where(lambda u: u.emotion in corpora[u.corpus])
            config = validate(TrainConfig, {"balance": ["corpus", "class"]}, "start")
            data = TrainingData(examples, told, {}, corpora, model, config, seed)
            other = Trainer(data, len(told), model, config, seed, "cpu")
            finish(other)
            checkpoint.save(path / "model.safetensors", other.averaged.state_dict(), {})
            write_json(path / "model.json", {"classes": told, "corpora": list(corpora)})
    begin(trainer, path, classes)


def finish(trainer: Trainer) -> None:
    """Train to the last epoch."""
    while trainer.done < trainer.epochs:
        trainer.history.append(trainer.epoch())


def start_from(trainer: Trainer, other: Trainer) -> None:
    """``trainer`` begins where ``other`` ended, but for the head."""
    learnt = {name: value for name, value in other.averaged.state_dict().items() if not name.startswith("head.")}
    for network in (trainer.model, trainer.averaged):
        network.load_state_dict(learnt, strict=False)
