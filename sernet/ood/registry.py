"""All detectors by name."""

from __future__ import annotations

from collections.abc import Mapping

from sernet.errors import UsageError
from sernet.ood.bandwidth import Bandwidth
from sernet.ood.base import Detector, EnsembleDetector, ExampleDetector, NetworkDetector
from sernet.ood.duration import Duration
from sernet.ood.energy import Energy
from sernet.ood.ensemble import Ensemble
from sernet.ood.entropy import Entropy
from sernet.ood.gen import Gen
from sernet.ood.kl_matching import KlMatching
from sernet.ood.knn import Knn
from sernet.ood.level import Level
from sernet.ood.mahalanobis import Mahalanobis
from sernet.ood.max_cosine import MaxCosine
from sernet.ood.max_logit import MaxLogit
from sernet.ood.mc_dropout import McDropout
from sernet.ood.msp import Msp
from sernet.ood.odin import Odin
from sernet.ood.raw_mahalanobis import RawMahalanobis
from sernet.ood.react import React
from sernet.ood.relative_mahalanobis import RelativeMahalanobis
from sernet.ood.rodin import Rodin
from sernet.ood.temperature import Temperature
from sernet.ood.vim import Vim

AnyDetector = Detector | NetworkDetector | EnsembleDetector | ExampleDetector

DETECTORS: dict[str, type[AnyDetector]] = {
    kind.name: kind
    for kind in (
        Msp,
        MaxLogit,
        MaxCosine,
        Entropy,
        Energy,
        Gen,
        KlMatching,
        Temperature,
        Mahalanobis,
        RelativeMahalanobis,
        RawMahalanobis,
        Knn,
        Vim,
        React,
        Odin,
        Rodin,
        McDropout,
        Ensemble,
        Duration,
        Level,
        Bandwidth,
    )
}


def make_detector(name: str, options: Mapping[str, float] | None = None) -> AnyDetector:
    """The detector called ``name``, not yet fitted, with those of its hyper-parameters that ``options`` names.

    Raises:
        UsageError: there is no such detector, or it has no such option.
    """
    if name not in DETECTORS:
        raise UsageError(f"no detector {name!r}; there are {', '.join(DETECTORS)}")
    try:
        return DETECTORS[name](**(options or {}))
    except TypeError as error:
        raise UsageError(f"ood.options.{name}: {str(error).split('() ')[-1]}") from error
