"""What an experiment consists of: a run as it is carried out, and one model of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from sernet.config.recipe import RunConfig
from sernet.corpus.utterances import Utterance


@dataclass(frozen=True)
class Run:
    """A run as it is carried out: `pairs` and `leave-one-corpus-out` are spread out, one run a training set."""

    name: str
    config: RunConfig
    train: tuple[str, ...]
    """Corpora."""
    tests: tuple[str, ...]
    """Corpora that are tested whole (cross-corpus); none where folds are tested."""
    started_on: tuple[str, ...] = ()
    """Corpora of the run whose models its trainings start from."""

    @property
    def learnt_from(self) -> str:
        """All corpora that have a part in its models, as results name them."""
        return "+".join(sorted({*self.train, *self.started_on}))

    @property
    def folded(self) -> bool:
        """Whether test speakers come from the training corpora themselves."""
        return not self.tests

    def label(self, emotion: str | None) -> str | None:
        """The class that an emotion counts as; None: not a class of this run."""
        name = self.config.merge.get(emotion, emotion) if emotion else None
        return name if name in self.config.classes else None

    def takes(self, utterance: Utterance) -> bool:
        """Whether an utterance is trained on and tested: it has a class of this run, and one that its corpus gives."""
        label = self.label(utterance.emotion)
        return label is not None and label in self.config.classes_of.get(utterance.corpus, [label])

    @property
    def joint(self) -> tuple[str, ...]:
        """The corpora whose test speakers are a score set each: those of folds over several."""
        return self.train if self.folded and len(self.train) > 1 else ()


@dataclass(frozen=True)
class Unit:
    """One model."""

    run: Run
    system: str
    fold: int | str
    """A number, or "all"."""
    seed: int
    directory: Path

    @property
    def name(self) -> str:
        fold = "all" if self.fold == "all" else f"fold{self.fold}"
        return f"{self.run.name}/{self.system}/{fold}/seed{self.seed}"
