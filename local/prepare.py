"""Stage 1: Lhotse manifests, Kaldi data directories, data checks, folds."""

from __future__ import annotations

import html
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sernet.config.base import validate
from sernet.config.corpus import CorpusConfig
from sernet.config.recipe import CorpusChoice
from sernet.corpus.entries import BadAudio, source_files
from sernet.corpus.hearing import LISTENED
from sernet.data.leaks import said
from sernet.data.protocols import list_files, read_lists
from sernet.errors import SernetError
from sernet.experiment import Experiment
from sernet.pipeline import jobs as pipeline
from sernet.pipeline.files import write_json, write_text
from sernet.pipeline.options import Request
from sernet.pipeline.reading import read_json
from sernet.pipeline.settings import settings
from sernet.pipeline.stages import find
from sernet.pipeline.stamps import Job
from sernet.units import Run

ROOT = Path(__file__).resolve().parents[1]
CARD = ROOT / "sernet" / "corpus" / "templates" / "card.html.j2"
STAGE = find("prepare").number
TOLD = {"title", "source", "licence", "how_to_get", "known_defects"}
NOT_READ = TOLD | {"folder", "folds", "synthesis", "same_speakers_as"}
MANIFESTS = ("recordings.jsonl.gz", "supervisions.jsonl.gz", "cuts.jsonl.gz")
PREPARING = ("sernet.corpus.entries", "sernet.corpus.manifests", "sernet.corpus.kaldi_dir", "sernet.corpus.checks")
READING = ("sernet.corpus.imports.sources",)
"""What a prepare.py may call."""
CHECKED = {"classes", "merge", "classes_of", "protocol", "dev_speakers"}
NO_CARD = "this card could not be made: "
SHOWN = 10
"""Lines of one kind that are said after the stage; all stand in checks.json and on the card."""


def jobs(experiment: Experiment, request: Request, reason: Callable[[Job], str | None]) -> Iterator[list[Job]]:
    """One job for each corpus, for the folds of each run, for listening to each corpus, for its card; then for leaks.

    A card shows the folds of every recipe that lie beside it. No later stage needs it, so none is kept waiting for it.
    """
    yield [_corpus_job(experiment, name) for name in experiment.corpora]
    yield [_folds_job(experiment, run) for run in experiment.runs]
    yield [_hearing_job(experiment, name) for name in experiment.corpora]
    if request.stage <= STAGE:
        yield [_card_job(experiment, name) for name in experiment.corpora]
    yield [_leaks_job(experiment)]


def run(job: Job) -> None:
    """Prepare one corpus or listen to it, write its card or the folds of one run, or look for leaks."""
    if "run" in job.config:
        _folds(job)
    elif "heard" in job.config:
        _hear(job)
    elif "leaks" in job.config:
        _leaks(job)
    elif "shown" in job.config:
        _card(job)
    else:
        _corpus(job)


def announce(experiment: Experiment) -> list[str]:
    """Nothing before it begins."""
    return []


def conclude(experiment: Experiment) -> list[str]:
    """What the checks let pass, a line each, and where the card is."""
    lines = []
    for name in experiment.corpora:
        found = read_json(experiment.data(name) / "checks.json")
        size = f"{found['utterances']} utterances, {found['speakers']} speakers, {found['hours']:.2f} h"
        lines.append(f"  {name}: {size}; look at it before training: {experiment.data(name) / 'card.html'}")
        lines += [f"  {name}: not complete: {line}" for line in found["incomplete"]]
        if found["incomplete"] and experiment.is_optional(name):
            lines.append(f"  {name}: only out-of-distribution sets use it, so what is there is used")
        lines += _some([f"  {name}: {line}" for line in found.get("findings", ())])
        if found["bad"]:
            lines.append(f"  {name}: {len(found['bad'])} of {found['utterances'] + len(found['bad'])} left out:")
        lines += _some([f"  {name}: left out: {item['path']}: {item['reason']}" for item in found["bad"]])
        lines += _some([f"  {name}: the same audio twice: {' = '.join(group)}" for group in found["identical"]])
        lines += _unmade(name, experiment.data(name) / "card.txt")
    leaks = said(read_json(leaks_path(experiment)))
    lines += [f"  allowed leaks: {place}: {what}" for place, what in leaks.items()]
    for run in experiment.runs:
        for name in run.train if run.folded else ():
            lines += [
                f"  {name}, run {run.name}: {said}" for said in _unknown(read_json(experiment.folds_path(name, run)))
            ]
    return lines


def _some(lines: list[str]) -> list[str]:
    more = len(lines) - SHOWN
    return [*lines[:SHOWN], f"  and {more} more"] if more > 1 else lines


def _corpus_job(experiment: Experiment, name: str) -> Job:
    corpus = experiment.recipe.corpora[name]
    choice = experiment.recipe.config.corpora.get(name, CorpusChoice())
    root, folder, out = experiment.present[name], experiment.recipe.folders[name], experiment.data(name)
    return Job(
        name=f"prepare {name}",
        script="local.prepare",
        stamp=out / "prepare.json",
        config={
            "corpus": settings(corpus, exclude=NOT_READ),
            "allow_partial": _may_be_partial(experiment, name, choice),
            "max_bad_share": choice.max_bad_share,
            "root": str(root),
        },
        modules=(*PREPARING, *(READING if (folder / "prepare.py").exists() else ())),
        inputs=tuple(source_files(root, folder)),
        outputs=tuple(out / file for file in (*MANIFESTS, "checks.json", *_tables(corpus))),
        arguments={"folder": str(folder), "out": str(out), "whole": corpus.model_dump(mode="json")},
        light=True,
    )


def _may_be_partial(experiment: Experiment, name: str, choice: CorpusChoice) -> bool:
    """As the user says; else, of what only out-of-distribution sets use: as it may be absent, a part of it will do."""
    return choice.allow_partial or ("allow_partial" not in choice.model_fields_set and experiment.is_optional(name))


def _tables(corpus: CorpusConfig) -> list[str]:
    """The tables of the Kaldi directory that this corpus is sure to have."""
    optional = {"utt2emo": "emotion" in corpus.maps, "spk2gender": corpus.speakers, "utt2lang": corpus.language}
    return ["wav.scp", "utt2spk", "spk2utt", "utt2dur", *(name for name, there in optional.items() if there)]


def _corpus(job: Job) -> None:
    from sernet.corpus import checks, kaldi_dir, manifests
    from sernet.corpus.entries import iterate_entries
    from sernet.corpus.folder import listing
    from sernet.corpus.named import Named

    config = validate(CorpusConfig, job.arguments["whole"], job.name)
    root, out, folder = Path(job.config["root"]), Path(job.arguments["out"]), Path(job.arguments["folder"])
    named = Named(config, iterate_entries(config, root, folder))
    incomplete = checks.counts(config, named, job.config["allow_partial"])
    made, bad = manifests.build(config, named, root)
    _list_bad(out / "bad.tsv", bad)
    checks.bad_audio(config, bad, len(made) + len(bad), job.config["max_bad_share"], str(out / "bad.tsv"))
    unread = [] if (folder / "prepare.py").exists() else listing(root).left_out
    manifests.write(made, out)
    kaldi_dir.write(made, out)
    kaldi_dir.check(out, manifests.read_supervisions(out / "supervisions.jsonl.gz"))
    found: dict[str, Any] = {
        "utterances": len(made),
        "speakers": sum(1 for _ in kaldi_dir.lines(out / "spk2utt")),
        "hours": round(made.seconds / 3600, 4),
        "incomplete": incomplete,
        "bad": [vars(item) for item in bad],
        "identical": made.identical(),
        "findings": [
            *checks.sound(config, made.seconds, made.rates, not incomplete and not bad),
            *unread,
            *made.findings.lines(),
            *named.notes(),
        ],
    }
    write_json(out / "checks.json", found)


def _list_bad(path: Path, bad: list[BadAudio]) -> None:
    """What is left out, a line each: path, utterance, reason. No file where there is nothing."""
    if bad:
        write_text(path, "".join(f"{item.path}\t{item.id}\t{item.reason}\n" for item in bad))
    else:
        path.unlink(missing_ok=True)


def _folds_job(experiment: Experiment, run: Run) -> Job:
    protocol = run.config.protocol
    published = {name: {k: settings(v) for k, v in experiment.recipe.corpora[name].folds.items()} for name in run.train}
    lists = {} if protocol.path is None else {name: _lists(experiment, protocol.path, name) for name in run.train}
    controlled = {
        attribute
        for system in experiment.recipe.config.systems_of(run.config)
        for attribute, control in experiment.recipe.systems[system][0].attributes.items()
        if control.control != "off" and control.weight
    }
    cuts = [experiment.data(name) / "cuts.jsonl.gz" for name in (*run.train, *run.tests)]
    return Job(
        name=f"folds of {run.name}",
        script="local.prepare",
        stamp=experiment.folder / run.name / "folds.json",
        config={
            "run": settings(run.config, include=CHECKED if run.joint else CHECKED - {"classes_of"}),
            "train": run.train,
            "tests": run.tests,
            "published": published,
            "needs_gender": "gender" in controlled,
        },
        modules=("sernet.data.protocols", "sernet.data.partition", "sernet.corpus.cuts"),
        inputs=(*cuts, *(file for folder in lists.values() for file in list_files(folder))),
        outputs=tuple(experiment.folds_path(name, run) for name in run.train) if run.folded else (),
        arguments={
            "data": str(experiment.workdir / "data"),
            "name": run.name,
            "lists": {name: str(folder) for name, folder in lists.items()},
        },
        light=True,
    )


def _lists(experiment: Experiment, path: str, corpus: str) -> Path:
    """Where a user's fold lists for one corpus lie: a path counts from the recipe's folder, or is absolute."""
    folder = ROOT / "egs" / experiment.recipe.name / path
    return folder / corpus if (folder / corpus).is_dir() else folder


def _folds(job: Job) -> None:
    from sernet.corpus.cuts import Cuts
    from sernet.data import partition

    data = Path(job.arguments["data"])
    indexed = {name: Cuts(data / name / "cuts.jsonl.gz") for name in (*job.config["train"], *job.config["tests"])}
    lists = {name: {"lists": read_lists(Path(folder))} for name, folder in job.arguments["lists"].items()}
    config = job.config | {"published": job.config["published"] | lists}
    folds = partition.folds(config, indexed, f"run {job.arguments['name']}")
    for path, (name, value) in zip(job.outputs, folds.items(), strict=True):
        write_json(path, value)
        lines = [f"{name}: {value['source']}", *_unknown(value)]
        for fold in value["folds"]:
            left_out = f"; {len(fold['left_out'])} utterances left out" if "left_out" in fold else ""
            test, dev = " ".join(fold["test"]), " ".join(fold["dev"]) or "-"
            lines.append(f"fold {fold['fold']}: test {test}; dev {dev}{left_out}")
        write_text(path.with_suffix(".txt"), "\n".join(lines) + "\n")


def _unknown(folds: dict[str, Any]) -> list[str]:
    """What became of utterances by nobody knows whom."""
    said = folds.get("unknown_speakers")
    what = {"leave-out": "left out", "keep": "kept, so a speaker may be on both sides unseen"}
    return [f"nobody knows who speaks {said['utterances']} utterances: {what[said['are']]}"] if said else []


def _hearing_job(experiment: Experiment, name: str) -> Job:
    folder = experiment.data(name)
    return Job(
        name=f"listen to {name}",
        script="local.prepare",
        stamp=folder / "heard.json",
        config={"heard": LISTENED},
        modules=("sernet.corpus.hearing",),
        inputs=(folder / "cuts.jsonl.gz",),
        outputs=(folder / "heard.npz",),
        light=True,
    )


def _hear(job: Job) -> None:
    from sernet.corpus import hearing
    from sernet.corpus.cuts import Cuts

    hearing.write(hearing.hear(Cuts(job.inputs[0]), job.config["heard"]), job.outputs[0])


def leaks_path(experiment: Experiment) -> Path:
    """What near-identical recordings stand on both sides of a split, and why that is allowed."""
    return experiment.folder / "leaks.json"


def _leaks_job(experiment: Experiment) -> Job:
    sets = experiment.recipe.config.ood.sets
    checked = {
        run.name: {
            "train": run.train,
            "tests": run.tests,
            "started_on": run.started_on,
            "folded": run.folded,
            "sets": {
                name: sets[name].model_dump(mode="json")
                for name in (run.config.ood if run.folded else ())
                if sets[name].corpus in experiment.present
            },
        }
        for run in experiment.runs
    }
    folders = {name: experiment.data(name) for name in experiment.corpora}
    folds = {run.name: [experiment.folds_path(c, run) for c in run.train] for run in experiment.runs if run.folded}
    return Job(
        name=f"leaks of {experiment.name}",
        script="local.prepare",
        stamp=experiment.folder / "leaks" / "leaks.json",
        config={"leaks": checked, "allowed": experiment.recipe.config.allow_leaks},
        modules=("sernet.data.leaks", "sernet.corpus.hearing"),
        inputs=(
            *(folder / file for folder in folders.values() for file in ("cuts.jsonl.gz", "heard.npz")),
            *dict.fromkeys(path for paths in folds.values() for path in paths),
        ),
        outputs=(leaks_path(experiment),),
        arguments={
            "folders": {name: str(folder) for name, folder in folders.items()},
            "folds": {name: [str(path) for path in paths] for name, paths in folds.items()},
        },
        light=True,
    )


def _leaks(job: Job) -> None:
    from sernet.data import leaks
    from sernet.data.doubles import find

    folders = {name: Path(folder) for name, folder in job.arguments["folders"].items()}
    found = leaks.search(job.config["leaks"], job.arguments["folds"], folders, find(folders))
    leaks.refuse(found, bool(job.config["allowed"]))
    write_json(job.outputs[0], leaks.recorded(found, job.config["allowed"]))


def _card_job(experiment: Experiment, name: str) -> Job:
    folder = experiment.data(name)
    whole = experiment.recipe.corpora[name].model_dump(mode="json")
    folds = sorted((folder / "folds").glob("*.json"))
    return Job(
        name=f"card of {name}",
        script="local.prepare",
        stamp=folder / "card.json",
        config={"shown": {key: whole[key] for key in ("title", "source", "licence", "known_defects")}},
        modules=("sernet.corpus.card_html",),
        inputs=(folder / "cuts.jsonl.gz", folder / "checks.json", folder / "heard.npz", *folds, CARD),
        outputs=(folder / "card.html", folder / "card.txt"),
        arguments={"whole": whole},
        light=True,
    )


def _card(job: Job) -> None:
    """Write the card; where it cannot be made, say why in its place, for nothing that is trained needs it."""
    from sernet.corpus.card_html import write_card

    try:
        write_card(job.stamp.parent, validate(CorpusConfig, job.arguments["whole"], job.name))
    except Exception as error:
        if not isinstance(error, SernetError):
            traceback.print_exc()
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        for path in job.outputs:
            write_text(path, f"{NO_CARD}{html.escape(reason) if path.suffix == '.html' else reason}\n")


def _unmade(name: str, path: Path) -> list[str]:
    """That a card could not be made, with the reason."""
    first = path.read_text(encoding="utf-8").partition("\n")[0] if path.exists() else ""
    again = f"to try again: bash utils/card.sh {name}"
    return [f"  {name}: {first}; {again}"] if first.startswith(NO_CARD) else []


if __name__ == "__main__":
    pipeline.main(run)
