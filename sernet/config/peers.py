"""Systems beside ours, which a run may name in its `systems`; no run that does not trains them.

The SVMs' cost is the best of 1e-5, 1e-4, ... 1 (ComParE's: to 1e-2) on dev speakers 03, 06, 10, 11 of RAVDESS's fold
0, trained on the other 15 of its speakers (egs/peers/README.md); it is taken everywhere else as it is. The ridge, ours,
was chosen on all 19, and so was what it is to hear of a recording (egs/ablation/STUDIES.md). The networks are trained
as ours are; the LSTM without MixStyle, the best of five settings on eight dev speakers (egs/peers/README.md).
"""

from __future__ import annotations

from typing import Any

PEERS: dict[str, dict[str, Any]] = {
    "egemaps-svm": {"description": "eGeMAPS and a linear SVM", "svm": {"features": "egemaps", "c": 0.1}},
    "compare-svm": {"description": "ComParE 2016 and a linear SVM", "svm": {"features": "compare", "c": 0.0001}},
    "compare-ridge": {
        "description": "ComParE 2016, each value weighed by what emotion explains of it, ridge regression",
        "ridge": {"features": "compare"},
    },
    "cut-ridge": {
        "description": "the same, silence at the ends cut off and brought to one level",
        "ridge": {"features": "compare-cut"},
    },
    "speech-ridge": {
        "description": "the same, brought to one long-term spectrum as well",
        "ridge": {"features": "compare-speech"},
    },
    "lstm": {
        "description": "a bidirectional LSTM with attention",
        "model": {"kind": "lstm", "head": {"kind": "softmax"}},
        "train": {"augment": {"style": 0}},
    },
    "ecapa": {
        "description": "ECAPA-TDNN from scratch, additive-margin softmax",
        "model": {"kind": "ecapa", "embedding": 192, "head": {"kind": "am"}},
    },
    "cnn14": {
        "description": "PANNs' CNN14 from scratch",
        "model": {"kind": "cnn14", "embedding": 2048, "head": {"kind": "softmax"}},
    },
}
"""A recipe's own `systems` are laid over them, too."""
