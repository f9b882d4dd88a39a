"""A map of what a model makes of speech."""

from __future__ import annotations

import numpy as np
from sklearn.manifold import TSNE
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from sernet.report import plots
from sernet.report.evidence import WHICH, Chapter, Evidence, Plot

MAP_POINTS = 600
SHOWN = ("single", "cross", "ood-near", "ood-shift")


def embedding_map(evidence: Evidence) -> Chapter:
    """t-SNE of what one model makes of all that it was shown, coloured three ways."""
    chapter = Chapter("What the embedding holds", "")
    places = evidence.places("single") or evidence.places("cross")
    if not places:
        return chapter
    models = evidence.at(places[0])
    model = models[evidence.shown(models)][0]
    same = {item.set: item for item in evidence.scored if item.directory == model.directory}
    sets = [evidence.load(same[name]) for name in sorted(same) if same[name].condition in SHOWN]
    embedding = np.concatenate([scores.embedding for scores in sets])
    names = {
        what: np.concatenate([getattr(scores, what) for scores in sets]) for what in ("emotion", "speaker", "corpus")
    }
    if len(embedding) > MAP_POINTS:  # every k-th, so that all sets and speakers stay
        chosen = np.linspace(0, len(embedding) - 1, MAP_POINTS).round().astype(int)
        embedding, names = embedding[chosen], {what: text[chosen] for what, text in names.items()}
    if len(embedding) < 10:
        return chapter
    unit = embedding / np.maximum(np.linalg.norm(embedding, axis=1, keepdims=True), 1e-12)
    perplexity = min(30.0, (len(unit) - 1) / 3)
    with threadpool_limits(1):  # the same picture whatever the number of cores
        points = TSNE(perplexity=perplexity, init="pca", random_state=0).fit_transform(unit)
    tested = ", ".join(same[name].test for name in sorted(same) if same[name].condition in SHOWN)
    text = (
        f"t-SNE (van der Maaten and Hinton 2008) of the normalised embeddings of one model ({model.run}, "
        f"{model.system}, fold {model.fold}, seed {model.seed}; {WHICH}), n = {len(unit)}: its test speech, held-out "
        f"emotions and other corpora as far as it was tested on them ({tested}). Neighbours mean something, distances "
        "between groups do not."
    )
    chapter = Chapter(chapter.title, text)
    for what, values in names.items():
        shown = np.where(values == "", "none", values)
        count = len(set(shown.tolist()))
        if count > 1:
            alt = f"t-SNE of embeddings coloured by {what}: {', '.join(sorted(set(shown.tolist()))[:12])}"
            drawn = plots.scatter(points, shown, f"by {what}", alt)
            chapter.panels.append(Plot(drawn, f"{model.run}, {model.system}: coloured by {what} ({count})."))
    return chapter
