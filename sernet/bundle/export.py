"""From a trained model to a bundle."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

import sernet
from sernet.bundle import format as bundle_format
from sernet.bundle.card import Measured, card
from sernet.bundle.engine import recogniser
from sernet.bundle.format import Bundle, Calibration, Contents, Corpus, FrontEndConfig, Listener, Origin, Outliers
from sernet.bundle.outliers import DEFAULT, KINDS, Frozen, Head, check_name, freeze
from sernet.bundle.source import Source
from sernet.config.functionals import SIZES, FunctionalsConfig
from sernet.config.load import load_corpus
from sernet.errors import SernetError, UsageError
from sernet.features.fbank import extractor
from sernet.model.linear import LinearClassifier
from sernet.model.sernet import SerNet
from sernet.model.trained import read_meta
from sernet.ood.registry import make_detector
from sernet.ood.suite import Material, mean_auroc, tune
from sernet.pipeline.files import atomic, write_json, write_text
from sernet.score.calibration import fit_temperature
from sernet.score.files import ScoreSet
from sernet.score.fusion import fused
from sernet.score.infer import front_end, load_model
from sernet.train.trainer import mean_recall

UNKNOWN = "unknown: its corpus.yaml is not there"
OUT_OF_REACH = 1e4
"""Below every logit: at any temperature that is tried, such a class has no share of the posterior."""
EGS = Path(__file__).resolve().parents[2] / "egs"


@dataclass(frozen=True)
class Scores:
    """A model's scores: of its training data, and of dev and test where they are there."""

    train: ScoreSet
    dev: ScoreSet | None
    test: ScoreSet | None

    @classmethod
    def of(cls, directory: Path) -> Scores:
        """Those in a model's folder; dev utterances that it was trained on (an earlier run's) do not count."""
        train = ScoreSet.load(directory / "scores" / "train.npz")
        others = {}
        for name in ("dev", "test"):
            path = directory / "scores" / f"{name}.npz"
            found = ScoreSet.load(path) if path.exists() else None
            others[name] = None if found is None or np.isin(found.utt_id, train.utt_id).any() else found
        return cls(train, others["dev"], others["test"])


@dataclass(frozen=True)
class Choice:
    """A fitted detector, and why it is this one."""

    frozen: Frozen
    why: str


def export(
    source: Source, target: Path, detector: str | None = None, acceptance: float = 0.95, onnx: bool = False,
    force: bool = False, egs: Path = EGS,
) -> Bundle:  # fmt: skip
    """Write the bundle ``target``, whole or not at all, and read it back.

    Nothing is fitted or chosen on test scores; they only stand in the card.

    Args:
        detector: the outlier detector; None: chosen by `choose_detector`.
        acceptance: share of the dev scores (train where there are none) that the threshold accepts.
        onnx: also write `model.onnx`.
        force: overwrite a bundle that is there.
        egs: the recipes, for what the corpora's licences say.

    Raises:
        SernetError: a file of the model is missing; ``target`` is there and no bundle, or not to be overwritten.
    """
    if detector is not None:
        check_name(detector)
    if not 0 < acceptance <= 1:
        raise UsageError(f"--accept {acceptance}: must be above 0 and at most 1")
    _check_target(target, force)
    model, meta = load_model(source.directory)
    _refuse_encoders(source, meta)
    scores = Scores.of(source.directory)
    _check_scores(scores.train, model, source.directory)
    listeners = [(LinearClassifier.load(folder), weight) for folder, weight in source.listeners]
    whole = _whole(source, scores, [classifier for (classifier, _), _ in listeners])
    corpora = meta.get("corpora") or sorted(set(scores.train.corpus.tolist()))
    given = _differing(meta)
    features = source.features(corpora)
    head = Head(scores.train.weight, scores.train.bias, scores.train.scale, meta["model"]["head"]["kind"] == "am")
    choice = choose_detector(source, scores, detector)
    outliers, measured = _outliers(choice, scores, head, acceptance)
    prepare = front_end(meta)
    statistics: dict[str, np.ndarray] = {
        "front_end/mean": prepare.mean,
        "front_end/std": prepare.std,
        "filters": extractor(features).extractor._fb.detach().numpy(),
        "head/weight": scores.train.weight,
        "head/bias": scores.train.bias,
        **{f"detector/{name}": array for name, array in choice.frozen.arrays.items()},
        **{
            f"listener{number}/{name}": array
            for number, ((one, _), _) in enumerate(listeners)
            for name, array in asdict(one).items()
            if array is not None
        },
    }
    contents = Contents(
        format=bundle_format.FORMAT,
        sernet=sernet.__version__,
        classes=meta["classes"],
        merge=meta["merge"],
        features=features,
        front_end=FrontEndConfig(normalise=prepare.normalise, trim_db=prepare.trim_db),  # type: ignore[arg-type]
        model=meta["model"],
        scale=scores.train.scale,
        weight=source.weight,
        listeners=[Listener(functionals=_functionals(meta), weight=weight) for (_, meta), weight in listeners],
        calibration=_calibration(whole.dev, given),
        outliers=outliers,
        origin=_origin(source, meta["identity"], scores.train, [_corpus(egs, n, given.get(n)) for n in corpora]),
        files={},
    )
    with atomic(target) as folder:
        folder.mkdir()
        _write(folder, contents, model.state_dict(), statistics, onnx)
        rows = source.results()
        started_on = sorted(set(corpora) - set(scores.train.corpus.tolist()))
        among = among_all(whole.test, given)
        write_text(folder / bundle_format.CARD, card(contents, measured, rows, among, onnx, started_on))
    return bundle_format.read(target)


def _refuse_encoders(source: Source, meta: dict[str, Any]) -> None:
    """A bundle has FBanks and functionals only: it would hear something else than the model was trained on."""
    others = [read_meta(folder) for folder, _ in source.listeners]
    heard = [(other.get("ridge") or other["svm"])["features"] for other in others]
    if meta["model"]["kind"] == "frames" or any(name not in SIZES for name in heard):
        raise SernetError(
            f"{source.system} hears a pre-trained encoder (front_ends), which a bundle cannot carry yet; only run.sh "
            "scores such models"
        )


def choose_detector(source: Source, scores: Scores, name: str | None) -> Choice:
    """The detector ``name``, or by rule, which never looks at test scores.

    Where the recipe tunes its detectors (`ood.tune_on`) and the model has dev speakers: the highest mean AUROC of dev
    against those sets, of the recipe's detectors that a bundle can carry. Else `DEFAULT`.
    """
    ood = source.config.get("ood") or {}
    material = Material(source.directory, with_dev=scores.dev is not None)
    dev_sets = _tuned_on(source, ood) if scores.dev is not None else []
    names = [name] if name else [n for n in ood.get("detectors", []) if n in KINDS] if dev_sets else [DEFAULT]
    best: tuple[float, Frozen] | None = None
    for each in names:
        options = (ood.get("options") or {}).get(each, {})
        if dev_sets:
            options = tune(each, options, material, dev_sets)
        fitted = make_detector(each, options)
        material.fit(fitted)
        auroc = mean_auroc(fitted, material, dev_sets) if dev_sets else 0.0
        if best is None or auroc > best[0]:
            best = auroc, freeze(fitted)
    if best is None:
        raise SernetError(f"none of the recipe's detectors can be carried; choose by --detector: {', '.join(KINDS)}")
    if name:
        why = "named by --detector"
    elif dev_sets:
        why = f"highest mean AUROC ({best[0]:.3f}) of dev against {', '.join(dev_sets)}, of {', '.join(names)}"
    else:
        why = "the default, as no dev set says which"
    return Choice(best[1], why)


def _tuned_on(source: Source, ood: dict[str, Any]) -> list[str]:
    """The recipe's OOD dev sets that this model has scores of."""
    named = ood.get("tune_on") or []
    sets = [named] if isinstance(named, str) else named
    return [name for name in sets if (source.directory / "scores" / f"{name}.npz").exists()]


def _outliers(choice: Choice, scores: Scores, head: Head, acceptance: float) -> tuple[Outliers, Measured | None]:
    """The threshold, and what share of the test utterances it accepts."""
    known = scores.train if scores.dev is None else scores.dev
    inside = choice.frozen.score(known.embedding, head)
    threshold = float(np.quantile(inside, acceptance, method="higher"))
    outliers = Outliers(
        detector=choice.frozen.name,  # type: ignore[arg-type]
        options=dict(choice.frozen.options),
        chosen=choice.why,
        threshold=threshold,
        acceptance=acceptance,
        fitted_on="train" if scores.dev is None else "dev",
    )
    if scores.test is None:
        return outliers, None
    accepted = choice.frozen.score(scores.test.embedding, head) <= threshold
    speakers = len(set(scores.test.speaker.tolist()))
    return outliers, Measured(float(accepted.mean()), len(scores.test), speakers)


def _check_scores(train: ScoreSet, model: SerNet, directory: Path) -> None:
    """A training that was done again leaves the scores of the model before until stage score is."""
    head = model.head.state_dict()
    given = {"weight": train.weight, "bias": train.bias}
    if any(not np.array_equal(head[name].float().cpu().numpy(), given[name]) for name in head if name in given):
        raise SernetError(f"{directory / 'scores'} is of another training than {directory}: run stage score first")


def _whole(source: Source, scores: Scores, listeners: list[LinearClassifier]) -> Scores:
    """The scores of what decides: the network's, or of its sum with ``listeners``."""
    if not listeners:
        return scores

    def added(name: str, own: ScoreSet | None) -> ScoreSet | None:
        if own is None:
            return None
        members, weights = [own], [source.weight]
        for (folder, weight), classifier in zip(source.listeners, listeners, strict=True):
            members.append(ScoreSet.load(folder / "scores" / f"{name}.npz"))
            weights.append(weight)
            if not np.array_equal(members[-1].weight, classifier.weight):
                raise SernetError(f"{folder / 'scores'} is of another training than {folder}: run stage score first")
        return fused(members, weights)

    return Scores(scores.train, added("dev", scores.dev), added("test", scores.test))


def _functionals(meta: dict[str, Any]) -> FunctionalsConfig:
    """What a linear classifier hears, by its model.json."""
    return FunctionalsConfig(features=(meta.get("ridge") or meta["svm"])["features"])


def _differing(meta: dict[str, Any]) -> dict[str, list[str]]:
    """The classes of the training corpora that have not all of the model's: the others were masked for them."""
    given = meta["corpus_classes"] or {}
    return {name: classes for name, classes in given.items() if len(classes) < len(meta["classes"])}


def _calibration(dev: ScoreSet | None, given: dict[str, list[str]]) -> Calibration:
    if dev is None:
        return Calibration(note="not calibrated: the run has no dev speakers (dev_speakers); its temperature is 1")
    speakers = len(set(dev.speaker.tolist()))
    note = f"least negative log-likelihood on {len(dev)} utterances of {speakers} dev speakers"
    restricted = fit_temperature(as_trained(dev, given)) if given else None
    return Calibration(temperature=fit_temperature(dev), restricted=restricted, note=note)


def as_trained(scores: ScoreSet, given: dict[str, list[str]]) -> ScoreSet:
    """``scores`` with the logits of classes that an utterance's corpus lacks (``given``: those it has) out of reach."""
    own = [np.isin(scores.classes, given.get(corpus, scores.classes)) for corpus in scores.corpus]
    return replace(scores, logits=np.where(own, scores.logits, scores.logits.min() - OUT_OF_REACH))


def among_all(test: ScoreSet | None, given: dict[str, list[str]]) -> dict[str, float]:
    """UAR of the test utterances of each corpus in ``given``, decided among all classes, as by default."""
    found = {}
    for name in given if test is not None else ():
        assert test is not None
        here = (test.corpus == name) & (test.label >= 0)
        if here.any():
            found[name] = mean_recall(test.label[here], test.logits[here].argmax(axis=1))
    return found


def _origin(source: Source, identity: str, train: ScoreSet, corpora: list[Corpus]) -> Origin:
    return Origin(
        recipe=source.experiment.name,
        run=source.run,
        system=source.system,
        network=source.network,
        fold=source.fold,
        seed=source.seed,
        identity=identity,
        corpora=corpora,
        utterances=len(train),
        speakers=len(set(train.speaker.tolist())),
    )


def _corpus(egs: Path, name: str, classes: list[str] | None) -> Corpus:
    try:
        config, _ = load_corpus(egs, name)
    except UsageError:
        return Corpus(name=name, title=name, licence=UNKNOWN, source=UNKNOWN, classes=classes)
    return Corpus(name=name, title=config.title, licence=config.licence, source=config.source, classes=classes)


def _write(folder: Path, contents: Contents, weights: Any, statistics: dict[str, np.ndarray], onnx: bool) -> None:
    """All but the card. bundle.json comes last, with the digests of the others, and then its own."""
    import safetensors.numpy
    import safetensors.torch

    tensors = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in weights.items()}
    arrays = {name: np.ascontiguousarray(array) for name, array in statistics.items()}
    (folder / bundle_format.WEIGHTS).write_bytes(safetensors.torch.save(tensors))
    (folder / bundle_format.STATISTICS).write_bytes(safetensors.numpy.save(arrays))
    names = [bundle_format.WEIGHTS, bundle_format.STATISTICS]
    if onnx:
        _write_graph(Bundle(folder, contents, arrays))
        names.append(bundle_format.GRAPH)
    files = {name: bundle_format.digest(folder / name) for name in names}
    write_json(folder / bundle_format.CONTENTS, contents.model_copy(update={"files": files}).model_dump(mode="json"))
    bundle_format.seal(folder)


def _write_graph(bundle: Bundle) -> None:
    if bundle.contents.front_end.trim_db is not None:
        raise SernetError("--onnx: the model trims silence (model.input.trim_db), which its graph cannot; use torch")
    from sernet.bundle import onnx_graph

    onnx_graph.write(recogniser(bundle, convolutional=True), bundle.folder / bundle_format.GRAPH)


def _check_target(target: Path, force: bool) -> None:
    if not target.exists():
        return
    if not (target / bundle_format.CONTENTS).exists():
        raise SernetError(f"{target} is there and is no bundle; name a folder that is not there yet")
    if not force:
        raise SernetError(f"{target} holds a bundle; --force overwrites it")
