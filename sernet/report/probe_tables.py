"""Tables of the probes: what can still be read from the embeddings, and what each system changed in that."""

from __future__ import annotations

from collections.abc import Sequence

from sernet.report.groups import MAJORITY
from sernet.report.results import Row, headline, quotable, select
from sernet.report.tables import INTERVAL, Table, headings, named, places, show, stepwise, systems_of, way_of
from sernet.score.metrics import PROBE, PROBE_TRAIN

WHOSE = {PROBE: "test", PROBE_TRAIN: "training"}


def probe_tables(rows: Sequence[Row]) -> list[Table]:
    """UAR of every probe by system beside chance, then the paired differences of each place."""
    probed = [row for row in rows if row["metric"].partition(":")[0] in WHOSE]
    means = headline(probed)
    if not means:
        return []
    systems = [name for name in systems_of(select(means, versus=None)) if name != MAJORITY]
    body, tables = [], []
    found = places(means)
    for place, heading in zip(found, headings(found), strict=True):
        here = select(means, **place)
        columns = {}
        for name in sorted({row["metric"] for row in here}, key=lambda name: name.partition(":")[::-1]):
            kind, _, attribute = name.partition(":")
            by_system = {row["system"]: row for row in select(here, metric=name, versus=None)}
            whole = select(quotable(probed), **{**place, "fold": None}, metric=name, seed=None)
            size = next(row for system, row in by_system.items() if system != MAJORITY)
            numbers = by_system | {row["system"]: row for row in whole}
            body.append(
                [named(place), way_of(place), attribute, WHOSE[kind], show(by_system.get(MAJORITY))]
                + [show(numbers.get(system)) for system in systems]
                + [str(size["n"]), str(size["n_speakers"])]
            )
            if compared := [row for row in select(here, metric=name) if row["versus"]]:
                columns[f"{attribute}, {WHOSE[kind]}"] = compared
        if columns:
            caption = f"Difference of the probes' UAR, {way_of(place)}; below 0: harder to read."
            tables.append(stepwise(f"Probes, paired differences: {heading}", caption, columns))
    caption = (
        "UAR of logistic regression on frozen, standardised embeddings, mean over folds and seeds; of all but speaker, "
        "where folds share no utterance, over the utterances of all folds together, mean over seeds. test: test "
        "speakers, by a probe fitted on training; speaker: told among the test speakers of a fold, in five stratified "
        "parts of their utterances. training: within the training set, in five parts without common speakers; speaker: "
        f"without common utterances. chance: 1 / values. {INTERVAL}; none where speakers are told apart."
    )
    header = ["run", "trained -> tested", "attribute", "of", "chance", *systems, "n", "speakers"]
    return [Table("Probes: what can be read from the embeddings", caption, header, body, 4), *tables]
