"""One experiment: a resolved recipe, the folder it works in, and the models and test sets it consists of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from sernet.config.encoders import SpeechEncoderConfig
from sernet.config.functionals import RidgeConfig, SvmConfig
from sernet.config.load import Recipe
from sernet.config.ood import NETWORK_DETECTORS, OodConfig
from sernet.config.recipe import RunConfig
from sernet.corpus.cuts import Cuts
from sernet.corpus.names import speaker_id
from sernet.corpus.utterances import Indexed, read_cuts
from sernet.data.protocols import Fold, read_folds
from sernet.errors import SernetError
from sernet.features.encoders.folder import weights
from sernet.units import Run, Unit


@dataclass(frozen=True)
class Experiment:
    """Paths and units of one recipe in one work folder."""

    recipe: Recipe
    workdir: Path
    tag: str | None = None
    seeds: tuple[int, ...] | None = None
    corpus_root: Path | None = None
    skipped: dict[str, str] = field(default_factory=dict, compare=False, repr=False)
    """Runs that lack a corpus, with what to say of it."""
    _filled: dict[str, bool] = field(default_factory=dict, compare=False, repr=False)
    """Out-of-distribution sets with a `where`, and whether anything meets it."""
    _cuts: dict[Path, list[Indexed]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def name(self) -> str:
        """`<recipe>[-<tag>]`."""
        return f"{self.recipe.name}-{self.tag}" if self.tag else self.recipe.name

    @property
    def folder(self) -> Path:
        """exp/<recipe>[-<tag>]."""
        return self.workdir / "exp" / self.name

    def data(self, corpus: str) -> Path:
        """data/<corpus>."""
        return self.workdir / "data" / corpus

    def features(self, corpus: str, name: str | None = None) -> Path:
        """data/<corpus>/<features-name>: the recipe's FBanks, or by ``name`` functionals or a front end."""
        return self.data(corpus) / (name or self.recipe.config.fbank.name)

    def linear(self, system: str) -> SvmConfig | RidgeConfig | None:
        """The linear classifier on functionals that a system is; None: it is none."""
        return self.recipe.config.systems[system].linear

    def fuse(self, system: str) -> Mapping[str, float]:
        """The systems that a system is the weighted sum of; none: it is one of its own."""
        return self.recipe.config.systems[system].fuse

    def members(self, unit: Unit) -> list[tuple[Unit, float]]:
        """The models that a fused unit is the sum of, each with its weight.

        With `ensemble` networks of the unit's seed and of those that follow it share one weight; the first follows the
        last, so that each seed has a fused unit.
        """
        found: list[tuple[Unit, float]] = []
        for system, weight in self.fuse(unit.system).items():
            seeds = self._seeds(unit.run, system)
            if self.draws(system):
                first = seeds.index(unit.seed)
                seeds = (seeds[first:] + seeds[:first])[: self.recipe.config.systems[unit.system].ensemble]
            found += [(self._unit(unit.run, system, unit.fold, seed), weight / len(seeds)) for seed in seeds]
        return found

    def front_ends(self, corpus: str) -> list[str]:
        """What systems hear of a corpus beside FBanks: functionals and pre-trained encoders, by name."""
        sets = self.recipe.config.ood.sets
        runs = [
            run
            for run in self.runs
            if corpus in (*run.train, *run.tests, *run.started_on, *(sets[name].corpus for name in run.config.ood))
        ]
        systems = {system for run in runs for system in self.recipe.config.systems_of(run.config)}
        return sorted({name for system in systems if (name := self.front_end(system))})

    def front_end(self, system: str) -> str | None:
        """What a system hears: functionals or a pre-trained encoder by name; None: FBanks, or it is made of others."""
        return None if self.fuse(system) else self.recipe.config.front_end(system)

    def encoder(self, system: str) -> SpeechEncoderConfig | None:
        """The pre-trained encoder that a system hears, if it hears one."""
        return self.recipe.config.front_ends.get(self.front_end(system) or "")

    def weights(self, config: SpeechEncoderConfig) -> tuple[Path, str]:
        """Where a pre-trained encoder lies, and the digest of its files."""
        return weights(config, self.workdir / "data" / ".encoders.json")

    def folds_path(self, corpus: str, run: Run) -> Path:
        """data/<corpus>/folds/<protocol>.json; the number of dev speakers is part of the protocol."""
        dev = f"-dev{run.config.dev_speakers}" if run.config.dev_speakers else ""
        return self.data(corpus) / "folds" / f"{run.config.protocol.label}{dev}.json"

    def root(self, corpus: str) -> Path | None:
        """Where the corpus lies: its own setting, the corpus root, or where stage 0 makes it."""
        if self.is_made(corpus):
            return self.data(corpus) / "release"
        choice = self.recipe.config.corpora.get(corpus)
        if choice and choice.root:
            return Path(choice.root)
        folder = self.recipe.corpora[corpus].folder or corpus
        return self.corpus_root / folder if self.corpus_root else None

    def is_made(self, corpus: str) -> bool:
        """Whether stage 0 makes the corpus: it is synthetic, and the user has named no folder for it."""
        choice = self.recipe.config.corpora.get(corpus)
        return self.recipe.corpora[corpus].synthesis is not None and not (choice and choice.root)

    @cached_property
    def present(self) -> Mapping[str, Path]:
        """The corpora that are there, or will be made, with their roots.

        Raises:
            SernetError: the user has named a folder for one, and it is not there.
        """
        found = {}
        for name in self.recipe.corpora:
            root = self.root(name)
            if root and (root.is_dir() or self.is_made(name)):
                found[name] = root
            elif name in self.recipe.config.corpora and self.recipe.config.corpora[name].root:
                raise SernetError(f"corpora.{name}.root: no such folder: {root}")
        return found

    @cached_property
    def runs(self) -> list[Run]:
        """The runs that can be carried out with the corpora that are there.

        Raises:
            SernetError: there is none; says which corpora are absent and how to get them.
        """
        found: list[Run] = []
        runs, only = self.recipe.config.runs, self.recipe.config.only
        for name in runs:
            if only and name not in {*only, *(runs[known].start_from for known in only)}:
                continue
            try:
                found += self._spread(name, runs[name])
            except SernetError as error:
                self.skipped[name] = str(error)
        if not found:
            raise SernetError("\n".join(self.skipped.values()))
        for run in found:
            for system in self.recipe.config.systems_of(run.config):
                seeds, wanted = self._seeds(run, system), self.recipe.config.systems[system].ensemble
                if len(seeds) < wanted:
                    raise SernetError(
                        f"systems.{system}.ensemble averages {wanted} seeds, and run {run.name} has {len(seeds)}: give "
                        "--seeds more, or leave the system out (runs.x.systems)"
                    )
        return found

    @cached_property
    def corpora(self) -> list[str]:
        """The corpora that the runs and their out-of-distribution sets use, of those that are there."""
        names = {name for run in self.runs for name in (*run.train, *run.tests)}
        sets = self.recipe.config.ood.sets
        names |= {c for run in self.runs for s in run.config.ood if (c := sets[s].corpus) and c in self.present}
        return sorted(names)

    def is_optional(self, corpus: str) -> bool:
        """Whether nothing but out-of-distribution sets uses a corpus, so that a run does without it, or with a part."""
        return all(corpus not in (*run.train, *run.tests, *run.started_on) for run in self.runs)

    def ood_sets(self, unit: Unit) -> list[str]:
        """The out-of-distribution sets of a unit.

        Only where its own speakers are tested, for that is the ID side; without those whose corpus is absent or has
        nothing for the set, and without held-out emotions that the unit's test speakers never show. None where a part
        is a linear classifier on openSMILE's functionals: these are not computed of sounds.
        """
        parts = self.fuse(unit.system) or [unit.system]
        if not unit.run.folded or any(self.linear(part) and not self.encoder(part) for part in parts):
            return []
        sets = self.recipe.config.ood.sets
        there = [name for name in unit.run.config.ood if self.has_utterances(name)]
        return [name for name in there if sets[name].source != "held-out" or self.utterances(unit, name)]

    def has_utterances(self, name: str) -> bool:
        """Whether the corpus of an out-of-distribution set is there, with something for the set in it."""
        config = self.recipe.config.ood.sets[name]
        if config.corpus is None or config.corpus not in self.present:
            return config.corpus is None
        if not config.where:
            return True
        if name not in self._filled:
            cuts = self.data(config.corpus) / "cuts.jsonl.gz"
            if not cuts.exists():
                return True  # stage 1 will tell
            self._filled[name] = any(config.keeps(item.utterance) for item in Cuts(cuts))
        return self._filled[name]

    def detection(self, unit: Unit) -> OodConfig:
        """The `ood` part for a unit: detectors that ask a network are for networks only."""
        config = self.recipe.config.detection(unit.run.config)
        if self.recipe.config.systems[unit.system].network:
            return config
        return config.model_copy(update={"detectors": [n for n in config.detectors if n not in NETWORK_DETECTORS]})

    def units(self) -> Iterator[Unit]:
        """All models, run by run. Needs the fold files of stage 1."""
        for run in self.runs:
            for system in self.recipe.config.systems_of(run.config):
                for fold in self.fold_numbers(run):
                    for seed in self._seeds(run, system):
                        yield self._unit(run, system, fold, seed)

    def start(self, unit: Unit) -> Unit | None:
        """The model that a unit's training starts from, if it starts from one."""
        wanted = unit.run.config.start_from
        if wanted is None:
            return None
        (run,) = (run for run in self.runs if run.name == wanted)
        return self._unit(run, unit.system, "all", unit.seed)

    def draws(self, system: str) -> bool:
        """Whether anything in a system is random: nothing in a linear classifier is, and one seed says all."""
        return any(self.linear(member) is None for member in self.fuse(system) or [system])

    def _seeds(self, run: Run, system: str) -> tuple[int, ...]:
        seeds = self.seeds or tuple(self.recipe.config.seeds)
        if run.config.seeds is not None:
            seeds = tuple(seed for seed in seeds if seed in run.config.seeds)
        return seeds if self.draws(system) else seeds[:1]

    def _unit(self, run: Run, system: str, fold: int | str, seed: int) -> Unit:
        part = "all" if fold == "all" else f"fold{fold}"
        return Unit(run, system, fold, seed, self.folder / run.name / system / part / f"seed{seed}")

    def fold_numbers(self, run: Run) -> list[int | str]:
        """The folds that are trained, by number; "all" where everything is."""
        if not run.folded:
            return ["all"]
        numbers = list(range(len(self.folds(run))))
        wanted = numbers if run.config.folds is None else run.config.folds
        absent = sorted(set(wanted) - set(numbers))
        if absent:
            raise SernetError(f"runs.{run.name}.folds: there is no fold {absent[0]}; there are {len(numbers)}")
        return list(wanted)

    def folds(self, run: Run) -> list[Fold]:
        """The folds of a run; those of several corpora are joined number by number.

        Raises:
            SernetError: the corpora have different numbers of folds.
        """
        parts = [read_folds(self.folds_path(corpus, run)) for corpus in run.train]
        if len({len(folds) for folds in parts}) > 1:
            raise SernetError(f"runs.{run.name}: {', '.join(run.train)} have different numbers of folds")
        return [
            Fold(
                tuple(s for fold in group for s in fold.train),
                tuple(s for fold in group for s in fold.dev),
                tuple(s for fold in group for s in fold.test),
                tuple(u for fold in group for u in fold.left_out),
            )
            for group in zip(*parts, strict=True)
        ]

    def heard(self, items: Sequence[Indexed], name: str | None) -> list[Indexed]:
        """The same utterances with the place of their features of front end ``name``; None: FBanks."""
        if name is None:
            return list(items)
        corpora = sorted({item.utterance.corpus for item in items})
        known = {item.utterance.id: item for corpus in corpora for item in self.indexed(corpus, name)}
        return [known[item.utterance.id] for item in items]

    def indexed(self, corpus: str, name: str | None = None) -> list[Indexed]:
        """The utterances of a corpus with their features' place, by ``name`` those of functionals. Needs stage 2."""
        path = self.features(corpus, name) / "cuts.jsonl.gz"
        if path not in self._cuts:
            self._cuts[path] = read_cuts(path)
        return self._cuts[path]

    def part(self, unit: Unit, name: str) -> list[Indexed]:
        """The utterances of a part: `train`, `dev`, `test`, a corpus that is tested whole, or its speakers of `test`.

        Only utterances with a class of the run; what a run leaves out is for near out-of-distribution sets.
        """
        if name in unit.run.tests:
            return [item for item in self.indexed(name) if unit.run.label(item.utterance.emotion)]
        if name in unit.run.joint:
            return [item for item in self.part(unit, "test") if item.utterance.corpus == name]
        everything = [item for corpus in unit.run.train for item in self.indexed(corpus)]
        speakers = self.speakers(unit, name)
        left_out = self.left_out(unit)
        return [
            item
            for item in everything
            if unit.run.takes(item.utterance)
            and (speakers is None or item.utterance.speaker in speakers)
            and item.utterance.id not in left_out
        ]

    def utterances(self, unit: Unit, name: str) -> list[Indexed]:
        """The utterances of a score set that lie in a corpus's ark: a part, or an OOD set that is not made."""
        if name not in self.recipe.config.ood.sets:
            return self.part(unit, name)
        config = self.recipe.config.ood.sets[name]
        if config.source == "held-out":
            found = self.held_out(unit)
        else:
            assert config.corpus is not None
            found = [item for item in self.indexed(config.corpus) if unit.run.label(item.utterance.emotion)]
        return [item for item in found if config.keeps(item.utterance)]

    def held_out(self, unit: Unit) -> list[Indexed]:
        """Emotions that the run leaves out, spoken by the unit's test speakers."""
        speakers = self.speakers(unit, "test") or frozenset()
        left_out = self.left_out(unit)
        return [
            item
            for corpus in unit.run.train
            for item in self.indexed(corpus)
            if item.utterance.speaker in speakers
            and item.utterance.id not in left_out
            and item.utterance.emotion
            and unit.run.label(item.utterance.emotion) is None
        ]

    def speakers(self, unit: Unit, name: str) -> frozenset[str] | None:
        """The speakers of a part; None: all of them."""
        if isinstance(unit.fold, str):
            return None if name == "train" else frozenset()
        return frozenset(getattr(self.folds(unit.run)[unit.fold], name))

    def left_out(self, unit: Unit) -> frozenset[str]:
        """Utterances of a fold's speakers that its list, which goes by utterance, does not name."""
        return frozenset() if isinstance(unit.fold, str) else frozenset(self.folds(unit.run)[unit.fold].left_out)

    @property
    def tuned_speakers(self) -> frozenset[str]:
        """Those who had a part in choosing the settings: they trained, or were dev, in the fold that was tuned on."""
        tuned = self.recipe.config.tuned_on
        if tuned is None or tuned.corpus not in self.recipe.corpora:
            return frozenset()
        corpus = self.recipe.corpora[tuned.corpus]
        test = set(corpus.folds[tuned.folds].folds[tuned.fold].test)
        return frozenset(speaker_id(corpus.name, speaker) for speaker in corpus.speakers if speaker not in test)

    def sets(self, unit: Unit) -> list[str]:
        """The score sets of a unit that are not out of distribution."""
        if not unit.run.folded:
            return ["train", *unit.run.tests]
        dev = ["dev"] if unit.run.config.dev_speakers else []
        return ["train", *dev, "test", *unit.run.joint]

    def corpus_classes(self, unit: Unit) -> dict[str, list[str]] | None:
        """The classes that each of several corpora has in training; the others are masked for it. None: one corpus."""
        if len(unit.run.train) == 1:
            return None
        train = [item.utterance for item in self.part(unit, "train")]
        there = {(utterance.corpus, unit.run.label(utterance.emotion)) for utterance in train}
        return {c: [name for name in unit.run.config.classes if (c, name) in there] for c in unit.run.train}

    def _spread(self, name: str, config: RunConfig) -> Iterator[Run]:
        there = [corpus for corpus in config.corpora if corpus in self.present]
        kind = config.protocol.kind
        if kind in ("pairs", "leave-one-corpus-out"):
            if len(there) < 2:
                raise SernetError(self.absent(name, [c for c in config.corpora if c not in there]))
            for corpus in there:
                others = tuple(other for other in there if other != corpus)
                train, tests = ((corpus,), others) if kind == "pairs" else (others, (corpus,))
                yield Run(f"{name}-{corpus}", config, train, tests)
            return
        started_on = self.recipe.config.runs[config.start_from].corpora if config.start_from else []
        missing = [corpus for corpus in [*config.corpora, *started_on] if corpus not in self.present]
        tests = tuple(corpus for corpus in config.test_on if corpus in self.present)
        if missing or (config.test_on and not tests):
            raise SernetError(self.absent(name, missing or config.test_on))
        yield Run(name, config, tuple(config.corpora), tests, tuple(started_on))

    def absent(self, run: str, corpora: list[str]) -> str:
        """What to say of corpora that a run cannot do without."""
        lines = []
        for name in corpora:
            corpus = self.recipe.corpora[name]
            looked = self.root(name)
            place = f"not in {looked}" if looked else "no --corpus-root is given"
            lines.append(
                f"{name} ({corpus.title}; {corpus.licence}): {place}. {corpus.how_to_get.strip()} "
                f"Then: --corpus-root DIR (holding DIR/{name}/) or --set corpora.{name}.root=PATH"
            )
        return f"run {run} needs what is not there:\n  " + "\n  ".join(lines)
