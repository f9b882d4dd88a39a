"""conf/recipe.yaml: the runs of an experiment, and what differs from the defaults."""

from __future__ import annotations

from graphlib import CycleError, TopologicalSorter
from typing import Any

from pydantic import Field, field_validator, model_validator

from sernet.config.base import Name, Strict
from sernet.config.encoders import SpeechEncoderConfig
from sernet.config.features import FeatureConfig
from sernet.config.functionals import SIZES
from sernet.config.model import AttributeName
from sernet.config.ood import STANDARD_SETS, DetectorName, OodConfig, OodSetConfig
from sernet.config.peers import PEERS
from sernet.config.protocol import ProtocolConfig
from sernet.config.systems import SystemConfig
from sernet.config.timeline import TimelineConfig
from sernet.emotions import check_emotion, check_merge

OUTPUTS = ("leaks", "leaks.json", "report", "results.json", "results.md", "config.yaml", "stages.json")
"""What lies beside the folders of the runs, in lower case, as some file systems see it."""


class CorpusChoice(Strict):
    """What a user may say of one corpus."""

    root: str | None = Field(None, description="its folder; default: <corpus-root>/<name>")
    allow_partial: bool = Field(False, description="go on where the release is not complete, saying what is missing")
    max_bad_share: float = Field(0.0, ge=0, lt=1, description="share of files that may be unreadable or empty")


class TunedOn(Strict):
    """The fold whose training and dev speakers the settings were chosen on; nobody in its test had a part in that."""

    corpus: Name
    folds: Name = Field(description="the name of published folds")
    fold: int = Field(0, ge=0)


class RunConfig(Strict):
    """One run: what is trained on what, and tested where."""

    corpora: list[Name] = Field(min_length=1)
    classes: list[str] = Field(min_length=2, description="canonical emotions, in the order of the logits")
    merge: dict[str, str] = Field(default_factory=dict, description="emotion -> the class that it counts as")
    classes_of: dict[Name, list[str]] = Field(
        default_factory=dict,
        description="folds of several corpora: corpus -> the classes that it gives; default: all it has",
    )
    protocol: ProtocolConfig
    test_on: list[Name] = Field(default_factory=list, description="protocol all: the corpora to test on")
    folds: list[int] | None = Field(None, description="only these folds; marked so in the report")
    folds_apart: str | None = Field(
        None, description="why a mean over the folds would say little: each fold is then reported by itself"
    )
    dev_speakers: int = Field(
        0,
        ge=0,
        description="taken out of each fold's training speakers: where folds name dev speakers those, whatever the "
        "number; 0: none, and all who are not tested train",
    )
    systems: list[Name] | None = Field(None, description="only these systems")
    seeds: list[int] | None = Field(None, description="only these of the seeds that are asked for")
    train: dict[str, Any] = Field(default_factory=dict, description="laid over `train` of every system in this run")
    start_from: Name | None = Field(
        None,
        description="a run of protocol all, on other corpora: networks begin with the weights of its model of the same "
        "system and seed; linear classifiers, which begin with nothing, train on its utterances, too",
    )
    ood: list[Name] = Field(default_factory=list, description="names of sets under ood.sets")
    detectors: list[DetectorName] | None = Field(None, min_length=1, description="only these of ood.detectors")
    against: list[Name] = Field(
        default_factory=list, description="runs on the same folds, subtracted wherever both test the same corpus"
    )
    preliminary: bool = Field(False, description="said beside every figure of this run")

    @model_validator(mode="after")
    def _emotions(self) -> RunConfig:
        for emotion in self.classes:
            check_emotion(emotion)
        if len(set(self.classes)) != len(self.classes):
            raise ValueError("classes holds a class twice")
        for source, target in self.merge.items():
            check_merge(source, target)
            if target not in self.classes:
                raise ValueError(f"merge.{source}: {target} is not one of the classes")
            if source in self.classes:
                raise ValueError(f"merge.{source}: {source} is a class of its own")
        if self.protocol.kind in ("pairs", "leave-one-corpus-out") and len(self.corpora) < 2:
            raise ValueError(f"protocol {self.protocol.kind} needs two corpora or more")
        if (self.protocol.kind == "all") != bool(self.test_on):
            raise ValueError("test_on goes with protocol all: the corpora to test on")
        if shared := sorted(set(self.corpora) & set(self.test_on)):
            raise ValueError(f"test_on: {', '.join(shared)} is trained on")
        if self.start_from is not None and not self.folded:
            raise ValueError(f"start_from goes with folds, not with protocol {self.protocol.kind}")
        return self

    @model_validator(mode="after")
    def _classes_of(self) -> RunConfig:
        if self.classes_of and not (self.folded and len(self.corpora) > 1):
            raise ValueError("classes_of goes with folds of several corpora; elsewhere `classes` says it")
        for corpus, given in self.classes_of.items():
            if corpus not in self.corpora:
                raise ValueError(f"classes_of.{corpus}: the run trains on {', '.join(self.corpora)}")
            if strangers := [name for name in given if name not in self.classes]:
                raise ValueError(f"classes_of.{corpus}: {', '.join(strangers)} is not one of the classes")
        return self

    @property
    def folded(self) -> bool:
        """Whether test speakers come from the training corpora themselves."""
        return self.protocol.kind not in ("all", "pairs", "leave-one-corpus-out")


TEST_SET = OodSetConfig(condition="ood-far", source="noise")


class RecipeConfig(Strict):
    """An experiment."""

    title: str
    seeds: list[int] = Field(default_factory=lambda: [0, 1, 2], min_length=1)
    corpora: dict[Name, CorpusChoice] = Field(default_factory=dict)
    features: FeatureConfig | str = Field(
        default_factory=lambda: FeatureConfig(), description="how FBanks are made; or the front end of all networks"
    )
    front_ends: dict[Name, SpeechEncoderConfig] = Field(
        default_factory=dict, description="pre-trained encoders, by a name of yours"
    )
    model: dict[str, Any] = Field(default_factory=dict, description="for all systems; see sernet/config/model.py")
    train: dict[str, Any] = Field(default_factory=dict, description="for all systems; see sernet/config/training.py")
    systems: dict[Name, SystemConfig]
    runs: dict[Name, RunConfig] = Field(min_length=1)
    ood: OodConfig = Field(default_factory=lambda: OodConfig())
    timeline: TimelineConfig | None = Field(None, description="emotion over time, in recordings made of test speech")
    allow_leaks: str | None = Field(
        None,
        min_length=1,
        description="why near-identical recordings may stand on both sides of a split; every result then says so",
    )
    only: list[Name] = Field(default_factory=list, description="carry out these runs alone; empty: all")
    tuned_on: TunedOn | None = Field(None, description="beside each mean, that over folds without speakers tuned on")
    probes: list[AttributeName] = Field(
        default_factory=list, description="how well these attributes can be read from the embeddings (stage score)"
    )

    def systems_of(self, run: RunConfig) -> list[str]:
        """The systems of a run: those that it names, else all but the peers, which are trained where named alone."""
        return run.systems or [name for name in self.systems if name not in PEERS]

    def learnt_from(self, run: RunConfig) -> list[str]:
        """The corpora that have a part in a run's models: its own, and those of the run that it starts from."""
        return run.corpora + (self.runs[run.start_from].corpora if run.start_from in self.runs else [])

    @property
    def fbank(self) -> FeatureConfig:
        """The FBanks of this recipe: what networks hear without a front end, and what sounds are matched by."""
        return self.features if isinstance(self.features, FeatureConfig) else FeatureConfig()

    def front_end(self, system: str) -> str | None:
        """What a system hears: functionals or a pre-trained encoder by name; None: FBanks."""
        of = self.systems[system]
        if of.linear:
            return of.linear.features
        return of.features or (self.features if isinstance(self.features, str) else None)

    @field_validator("front_ends", mode="before")
    @classmethod
    def _named(cls, value: object) -> object:
        """Each front end knows its key: it is the folder of its arks."""
        if not isinstance(value, dict):
            return value
        return {k: v | {"name": k} if isinstance(v, dict) else v for k, v in value.items()}

    @model_validator(mode="after")
    def _front_ends(self) -> RecipeConfig:
        if taken := sorted(self.front_ends.keys() & {*SIZES, self.fbank.name}):
            raise ValueError(f"front_ends.{taken[0]}: is the folder of other features; take another name")
        frames, statistics = (
            [name for name, one in self.front_ends.items() if one.keep == keep] for keep in ("frames", "statistics")
        )
        if isinstance(self.features, str) and self.features not in frames:
            raise ValueError(f"features: no front end {self.features!r} with frames; there are {frames or 'none'}")
        for name, system in self.systems.items():
            if system.features is not None and system.features not in frames:
                there = frames or "none"
                raise ValueError(f"systems.{name}.features: no front end {system.features!r} with frames; {there}")
            if (linear := system.linear) and linear.features not in [*SIZES, *statistics]:
                there = f"functionals {', '.join(SIZES)}; front ends with statistics {', '.join(statistics) or 'none'}"
                raise ValueError(f"systems.{name}: no {linear.features!r}; there are {there}")
            if system.ridge and system.ridge.layers and system.ridge.features not in statistics:
                raise ValueError(f"systems.{name}.ridge.layers: {system.ridge.features} has no layers")
        return self

    @model_validator(mode="after")
    def _standard(self) -> RecipeConfig:
        """Standard sets that a run names are defined; the others are not carried along."""
        named = {name for run in self.runs.values() for name in run.ood}
        self.ood.sets.update({k: v for k, v in STANDARD_SETS.items() if k in named and k not in self.ood.sets})
        return self

    @model_validator(mode="after")
    def _names(self) -> RecipeConfig:
        for name in self.runs:
            if name.lower() in OUTPUTS:
                raise ValueError(f"runs.{name}: that is the name of an output beside the runs; take another")
        if strangers := sorted(set(self.only) - set(self.runs)):
            raise ValueError(f"only: no run {strangers[0]!r}; there are {sorted(self.runs)}")
        if len(set(self.seeds)) != len(self.seeds):
            raise ValueError("seeds holds a seed twice")
        if self.fbank.name in SIZES:
            raise ValueError(f"features.name: {self.fbank.name} is the folder of functionals; take another")
        for name, run in self.runs.items():
            if len(set(run.systems or [])) != len(run.systems or []):
                raise ValueError(f"runs.{name}.systems holds a system twice")
            tuning = [ood_set for ood_set in run.ood if self.ood.sets.get(ood_set, TEST_SET).split == "dev"]
            if tuning and not run.dev_speakers:
                raise ValueError(f"runs.{name}.ood: {tuning[0]} is made from dev speech; set dev_speakers")
            for tuned in tuning:
                for tested in (n for n in run.ood if n in self.ood.sets and self.ood.sets[n].split == "test"):
                    if self.ood.sets[tuned].shares(self.ood.sets[tested]):
                        raise ValueError(
                            f"runs.{name}.ood: {tuned}, which detectors are tuned on, and {tested}, which they are "
                            f"tested on, take the same utterances of {self.ood.sets[tuned].corpus}; set `where` apart"
                        )
            if lacking := [ood_set for ood_set in self.ood.tune_on if run.ood and ood_set not in run.ood]:
                raise ValueError(f"runs.{name}.ood lacks {lacking[0]}, which ood.tune_on names")
            for system in run.systems or []:
                if system not in self.systems:
                    known = sorted({*self.systems, *PEERS})
                    raise ValueError(f"runs.{name}.systems: no system {system!r}; there are {known}")
            if run.detectors and not set(run.detectors) & set(self.ood.detectors):
                raise ValueError(f"runs.{name}.detectors: none of them is in ood.detectors")
            for ood_set in run.ood:
                if ood_set not in self.ood.sets:
                    raise ValueError(f"runs.{name}.ood: no set {ood_set!r}; ood.sets has {sorted(self.ood.sets)}")
                if (corpus := self.ood.sets[ood_set].corpus) in self.learnt_from(run):
                    raise ValueError(f"runs.{name}.ood: {ood_set} is made of {corpus}, which the run trains on")
        return self

    @model_validator(mode="after")
    def _fused(self) -> RecipeConfig:
        for name, system in self.systems.items():
            for member in system.fuse:
                if member not in self.systems:
                    raise ValueError(f"systems.{name}.fuse: no system {member!r}; there are {sorted(self.systems)}")
                if self.systems[member].fuse:
                    raise ValueError(f"systems.{name}.fuse: {member} is itself fused; name its systems")
        for name, run in self.runs.items():
            there = [known for known in self.systems_of(run) if known in self.systems]
            for known in there:
                if lacking := [member for member in self.systems[known].fuse if member not in there]:
                    raise ValueError(f"runs.{name}: {known} is made of {lacking[0]}, which the run does not have")
        return self

    def detection(self, run: RunConfig) -> OodConfig:
        """The `ood` part as it is for ``run``."""
        chosen = [name for name in self.ood.detectors if run.detectors is None or name in run.detectors]
        return self.ood.model_copy(update={"detectors": chosen})

    @model_validator(mode="after")
    def _compared(self) -> RecipeConfig:
        for name, system in self.systems.items():
            for other in system.versus:
                if other not in self.systems:
                    raise ValueError(f"systems.{name}.versus: no system {other!r}; there are {sorted(self.systems)}")
        try:
            # Every other system is compared with the baseline, so that this one comes before all.
            before = {n: [*s.versus, *(["baseline"] if n != "baseline" else [])] for n, s in self.systems.items()}
            TopologicalSorter(before).prepare()
        except CycleError as error:
            raise ValueError(f"systems: versus goes in a circle: {', '.join(error.args[1])}") from None
        if len(set(self.probes)) != len(self.probes):
            raise ValueError("probes holds an attribute twice")
        return self

    @model_validator(mode="after")
    def _joined(self) -> RecipeConfig:
        """Score sets have names of their own, corrupted ones one corpus; subtracted runs are paired."""
        for name, run in self.runs.items():
            if twice := sorted(set(run.corpora if run.folded and len(run.corpora) > 1 else []) & set(run.ood)):
                raise ValueError(f"runs.{name}.ood: {twice[0]} is a corpus of the run and has a score set of that name")
            spoilt = [ood_set for ood_set in run.ood if self.ood.sets[ood_set].condition == "corrupted"]
            if spoilt and run.folded and len(run.corpora) > 1:
                raise ValueError(
                    f"runs.{name}.ood: {spoilt[0]} is corrupted speech of several corpora together, which would be "
                    "decided among the classes of all, and its uncorrupted speech among those of each; take such sets "
                    "in runs of one corpus"
                )
            for other in run.against:
                if other == name or other not in self.runs:
                    raise ValueError(f"runs.{name}.against: no other run {other!r}; there are {sorted(self.runs)}")
                if run.protocol.kind in ("pairs", "leave-one-corpus-out"):
                    raise ValueError(f"runs.{name}.against: {run.protocol.kind} is several runs of other names")
                there = self.runs[other]
                for key in ("protocol", "dev_speakers", "merge"):
                    if getattr(there, key) != getattr(run, key):
                        raise ValueError(f"runs.{name}.against: {other} has another {key}: nothing would be paired")
        return self

    @model_validator(mode="after")
    def _started(self) -> RecipeConfig:
        """Nobody who is tested was heard by the model that a training starts from, and that model is there."""
        for name, run in self.runs.items():
            if run.start_from is None:
                continue
            where, other = f"runs.{name}.start_from", self.runs.get(run.start_from)
            if other is None or other.protocol.kind != "all":
                whole = sorted(known for known, of in self.runs.items() if of.protocol.kind == "all")
                raise ValueError(f"{where}: no run {run.start_from!r} of protocol all; there are {whole}")
            if unchecked := sorted(set(run.corpora) - set(other.test_on)):
                # Nobody trains on what is tested, and stage 1 refuses the same audio on both sides.
                raise ValueError(f"{where}: put {unchecked[0]} into runs.{run.start_from}.test_on, as unheard speech")
            if any(self.ood.sets[known].source == "held-out" for known in run.ood) and (
                strangers := sorted({*other.classes, *other.merge} - {*run.classes, *run.merge})
            ):
                raise ValueError(f"{where}: {run.start_from} has learnt {strangers[0]}, which {name} holds out")
            networks = [system for system in self.systems_of(run) if self.systems[system].network]
            if lacking := [system for system in networks if system not in self.systems_of(other)]:
                raise ValueError(f"{where}: {run.start_from} does not train {lacking[0]}")
            if other.seeds is not None and other.seeds != run.seeds:
                raise ValueError(f"{where}: {run.start_from} has other seeds")
        return self

    @model_validator(mode="after")
    def _timeline(self) -> RecipeConfig:
        if self.timeline is None:
            return self
        for name in self.timeline.runs:
            self._timed(f"timeline.runs: {name}", name)
        tune = self.timeline.tune
        if tune is not None:
            self._timed(f"timeline.tune.run: {tune.run}", tune.run)
            if not self.runs[tune.run].dev_speakers:
                raise ValueError(f"timeline.tune.run: {tune.run} has no dev speakers; set its dev_speakers")
        return self

    def _timed(self, where: str, name: str) -> None:
        """Refuse a run that recordings cannot be made of."""
        assert self.timeline is not None
        if name not in self.runs:
            raise ValueError(f"{where} is no run; there are {sorted(self.runs)}")
        run = self.runs[name]
        if not run.folded:
            raise ValueError(f"{where} tests other corpora, not held-out speakers, whom recordings are made of")
        if whole := [system for system in self.systems_of(run) if self.systems[system].linear]:
            raise ValueError(f"{where} has {whole[0]}, which hears whole utterances alone; leave it out")
        if sums := [system for system in self.systems_of(run) if self.systems[system].fuse]:
            raise ValueError(f"{where} has {sums[0]}, which is made of others' scores and hears nothing; leave it out")
        if heard := [system for system in self.systems_of(run) if self.front_end(system)]:
            raise ValueError(f"{where} has {heard[0]}, which hears a pre-trained encoder, not FBanks; leave it out")
        if lacking := [c for c in self.timeline.classes if c not in run.classes]:
            raise ValueError(f"{where} does not train {', '.join(lacking)}, which timeline.classes names")
