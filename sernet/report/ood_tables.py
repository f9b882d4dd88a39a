"""Tables out of distribution: every set by detector and system, and the differences of the systems."""

from __future__ import annotations

from collections.abc import Sequence

from sernet.config.ood import TRIVIAL_DETECTORS
from sernet.report.results import Row, headline, select
from sernet.report.tables import (
    INTERVAL,
    OOD_CONDITIONS,
    SIDE_BY_SIDE,
    Table,
    averaged,
    by_place,
    detectors_of,
    named,
    places,
    rank,
    show,
    stepwise,
    systems_of,
)
from sernet.score.metrics import OOD_METRICS


def ood(rows: Sequence[Row]) -> list[Table]:
    """Each OOD set by detector and system, with both conventions of the false positive rate at 95 %."""
    tables = []
    for condition, meaning in OOD_CONDITIONS.items():
        chosen = headline(rows, condition=condition, metric=OOD_METRICS, versus=None)
        for place in places(chosen):
            here = select(chosen, **place)
            body = []
            for detector in detectors_of(here):
                shown = f"{detector} (trivial)" if detector in TRIVIAL_DETECTORS else detector
                lines = {}
                for system in systems_of(select(here, detector=detector)):
                    found = {row["metric"]: row for row in select(here, detector=detector, system=system)}
                    lines[system] = [show(found.get(name)) for name in OOD_METRICS]
                # A trivial detector hears the recording, not the model: one line says it all (oscr asks the model).
                if detector in TRIVIAL_DETECTORS and len({tuple(line[:-1]) for line in lines.values()}) == 1:
                    lines = {"any": [*next(iter(lines.values()))[:-1], "-"]}
                body += [[shown, system, *line] for system, line in lines.items()]
            size = here[0]
            caption = (
                f"{meaning}. Trained on {place['train']}; n = {size['n']} ID and {size['n_ood']} OOD utterances; "
                f"{averaged(place)}; {INTERVAL}."
            )
            header = ["detector", "system", *OOD_METRICS]
            tables.append(Table(f"OOD {condition[4:]}: {named(place)}, {place['test']}", caption, header, body, 2))
    return tables


def ood_differences(rows: Sequence[Row]) -> list[Table]:
    """Paired differences of AUROC between systems, by detector."""
    chosen = [row for row in headline(rows, metric="auroc") if row["versus"]]
    pairs = sorted({(row["system"], row["versus"]) for row in chosen}, key=lambda pair: [*map(rank, pair[::-1])])
    if len(pairs) > SIDE_BY_SIDE:
        return [
            stepwise(
                f"Paired differences, OOD: {detector}",
                "Difference of AUROC; of a shift set, which is to be accepted, towards 0.5 is better.",
                by_place(select(chosen, detector=detector), OOD_CONDITIONS),
            )
            for detector in sorted({row["detector"] for row in chosen} - set(TRIVIAL_DETECTORS))
        ]
    body = []
    for condition in OOD_CONDITIONS:
        for place in places(select(chosen, condition=condition)):
            here = select(chosen, condition=condition, **place)
            for detector in sorted({row["detector"] for row in here} - set(TRIVIAL_DETECTORS)):
                by_pair = {(row["system"], row["versus"]): row for row in select(here, detector=detector)}
                size = f"{here[0]['n']} + {here[0]['n_ood']}"
                body.append(
                    [
                        named(place),
                        place["test"],
                        condition,
                        detector,
                        *(show(by_pair.get(pair)) for pair in pairs),
                        size,
                    ]
                )
    if not body:
        return []
    header = ["run", "OOD set", "condition", "detector", *(f"{a} - {b}" for a, b in pairs), "n + n_ood"]
    caption = "Difference of AUROC on the same folds, seeds and resampled speakers."
    return [Table("Paired differences, OOD", caption, header, body, 4)]
