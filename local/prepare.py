"""Stage 1: Lhotse manifests, Kaldi data directories, data checks, folds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sernet.config.base import validate
from sernet.config.corpus import CorpusConfig
from sernet.config.recipe import CorpusChoice
from sernet.corpus.entries import audio_files
from sernet.experiment import Experiment, Run
from sernet.pipeline import jobs as pipeline
from sernet.pipeline.files import read_json, write_json, write_text
from sernet.pipeline.options import Request
from sernet.pipeline.stamps import Job

NOT_READ = {"title", "source", "licence", "how_to_get", "known_defects", "folder", "folds", "synthesis"}
MANIFESTS = ("recordings.jsonl.gz", "supervisions.jsonl.gz", "cuts.jsonl.gz")


def jobs(experiment: Experiment, request: Request, reason: Callable[[Job], str | None]) -> Iterator[list[Job]]:
    """One job a corpus, then one a run's folds."""
    yield [_corpus_job(experiment, name) for name in experiment.corpora]
    yield [_folds_job(experiment, run) for run in experiment.runs]


def run(job: Job) -> None:
    """Prepare one corpus, or write and check the folds of one run."""
    if "run" in job.config:
        _folds(job)
    else:
        _corpus(job)


def announce(experiment: Experiment) -> list[str]:
    """Nothing before it begins."""
    return []


def conclude(experiment: Experiment) -> list[str]:
    """What the checks let pass, a line each."""
    lines = []
    for name in experiment.corpora:
        found = read_json(experiment.data(name) / "checks.json")
        lines.append(
            f"  {name}: {found['utterances']} utterances, {found['speakers']} speakers, {found['hours']:.2f} h"
        )
        lines += [f"  {name}: not complete: {line}" for line in found["incomplete"]]
        lines += [f"  {name}: left out: {item['path']}: {item['reason']}" for item in found["bad"]]
        lines += [f"  {name}: the same audio twice: {' = '.join(group)}" for group in found["identical"]]
    return lines


def _corpus_job(experiment: Experiment, name: str) -> Job:
    corpus = experiment.recipe.corpora[name]
    choice = experiment.recipe.config.corpora.get(name, CorpusChoice())
    root, folder, out = experiment.present[name], experiment.recipe.folders[name], experiment.data(name)
    script = folder / "prepare.py"
    return Job(
        name=f"prepare {name}",
        script="local.prepare",
        stamp=out / "prepare.json",
        config={
            "corpus": corpus.model_dump(mode="json", exclude=NOT_READ),
            "allow_partial": choice.allow_partial,
            "max_bad_share": choice.max_bad_share,
            "root": str(root),
        },
        modules=("sernet.corpus.entries", "sernet.corpus.manifests", "sernet.corpus.kaldi_dir", "sernet.corpus.checks"),
        inputs=_inputs(root, script),
        outputs=tuple(out / file for file in (*MANIFESTS, "checks.json", *_tables(corpus))),
        arguments={"folder": str(folder), "out": str(out), "whole": corpus.model_dump(mode="json")},
        light=True,
    )


def _inputs(root: Path, script: Path) -> tuple[Path, ...]:
    """The audio; where a script reads annotations too, all files."""
    if not script.exists():
        return tuple(root / path for path in audio_files(root))
    return (script, *sorted(path for path in root.rglob("*") if path.is_file()))


def _tables(corpus: CorpusConfig) -> list[str]:
    """The tables of the Kaldi directory that this corpus is sure to have."""
    optional = {"utt2emo": "emotion" in corpus.maps, "spk2gender": corpus.speakers, "utt2lang": corpus.language}
    return ["wav.scp", "utt2spk", "spk2utt", "utt2dur", *(name for name, there in optional.items() if there)]


def _corpus(job: Job) -> None:
    from sernet.corpus import checks, kaldi_dir, manifests
    from sernet.corpus.entries import read_entries

    config = validate(CorpusConfig, job.arguments["whole"], job.name)
    root, out = Path(job.config["root"]), Path(job.arguments["out"])
    entries = read_entries(config, root, Path(job.arguments["folder"]))
    incomplete = checks.counts(config, entries, job.config["allow_partial"])
    made, bad = manifests.build(config, entries, root)
    checks.bad_audio(config, bad, len(entries), job.config["max_bad_share"])
    manifests.write(made, out)
    kaldi_dir.write(made, out)
    supervisions = {supervision.id: supervision for supervision in made.supervisions}
    kaldi_dir.check(out, supervisions)
    found: dict[str, Any] = {
        "utterances": len(supervisions),
        "speakers": len({supervision.speaker for supervision in supervisions.values()}),
        "hours": round(sum(s.duration for s in supervisions.values()) / 3600, 4),
        "incomplete": incomplete,
        "bad": [vars(item) for item in bad],
        "identical": checks.identical({key: s.custom["audio"] for key, s in supervisions.items()}),
    }
    write_json(out / "checks.json", found)


def _folds_job(experiment: Experiment, run: Run) -> Job:
    corpora = {
        name: {k: v.model_dump(mode="json") for k, v in experiment.recipe.corpora[name].folds.items()}
        for name in run.train
    }
    controlled = {
        attribute
        for system in run.config.systems or experiment.recipe.systems
        for attribute, control in experiment.recipe.systems[system][0].attributes.items()
        if control.control != "off" and control.weight
    }
    return Job(
        name=f"folds of {run.name}",
        script="local.prepare",
        stamp=experiment.folder / run.name / "folds.json",
        config={
            "run": run.config.model_dump(mode="json", include={"classes", "merge", "protocol", "dev_speakers"}),
            "train": run.train,
            "tests": run.tests,
            "published": corpora,
            "needs_gender": "gender" in controlled,
        },
        modules=("sernet.data.protocols", "sernet.data.partition"),
        inputs=tuple(experiment.data(name) / "cuts.jsonl.gz" for name in (*run.train, *run.tests)),
        outputs=tuple(experiment.folds_path(name, run) for name in run.train) if run.folded else (),
        arguments={"data": str(experiment.workdir / "data"), "name": run.name},
        light=True,
    )


def _folds(job: Job) -> None:
    from sernet.corpus.utterances import read_cuts
    from sernet.data import partition

    data = Path(job.arguments["data"])
    names = [*job.config["train"], *job.config["tests"]]
    indexed = {name: read_cuts(data / name / "cuts.jsonl.gz") for name in names}
    folds = partition.folds(job.config, indexed, f"run {job.arguments['name']}")
    for path, (name, value) in zip(job.outputs, folds.items(), strict=True):
        write_json(path, value)
        lines = [
            f"fold {f['fold']}: test {' '.join(f['test'])}; dev {' '.join(f['dev']) or '-'}" for f in value["folds"]
        ]
        write_text(path.with_suffix(".txt"), "\n".join([f"{name}: {value['source']}", *lines]) + "\n")


if __name__ == "__main__":
    pipeline.main(run)
