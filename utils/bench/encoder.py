"""What a pre-trained encoder costs: seconds of speech per CPU second, one thread, by layer and precision.

    python -m utils.bench.encoder MODEL [--layers 3 6] [--seconds 3] [--batches 8]

MODEL as `front_ends.x.model`. The clips are noise of one length; CPU time of this process only, so that what else runs
on the machine counts little.
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np

from sernet.config.encoders import SpeechEncoderConfig
from sernet.errors import SernetError
from sernet.features.encoders.extractor import EncoderFrontEnd


def main() -> None:
    """Print a table in Markdown."""
    import torch

    parser = argparse.ArgumentParser(prog="python -m utils.bench.encoder", description=__doc__, allow_abbrev=False)
    parser.add_argument("model")
    parser.add_argument("--layers", type=int, nargs="+", default=[3, 4, 6], help="highest layers to try")
    parser.add_argument("--seconds", type=float, default=3.0, help="of a clip")
    parser.add_argument("--batches", type=int, default=8, help="of eight clips each")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    draws = np.random.default_rng(0)
    size = int(arguments.seconds * 16000)
    clips = [0.1 * draws.standard_normal(size).astype(np.float32) for _ in range(8)]
    print("| up to layer | precision | million weights | times real time | largest difference from float32 |")
    print("| --- | --- | --- | --- | --- |")
    for layer in arguments.layers:
        exact = None
        for precision in ("float32", "bf16"):
            values = {"kind": "encoder", "model": arguments.model, "layers": [layer], "precision": precision}
            try:
                front_end = EncoderFrontEnd(SpeechEncoderConfig.model_validate(values))
            except SernetError as error:
                sys.exit(f"encoder: {error}")
            found = np.concatenate(front_end(clips))  # also a warm-up
            began = time.process_time()
            for _ in range(arguments.batches):
                front_end(clips)
            rate = arguments.batches * len(clips) * arguments.seconds / (time.process_time() - began)
            exact = found if exact is None else exact
            difference = np.abs(found - exact).max() / exact.std()
            weights = front_end.encoder.parameters / 1e6
            print(f"| {layer} | {precision} | {weights:.1f} | {rate:.0f} | {difference:.3f} deviations |", flush=True)


if __name__ == "__main__":
    main()
