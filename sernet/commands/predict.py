"""`sernet predict BUNDLE ...`: emotions of recordings, a line each."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("bundle", metavar="BUNDLE", type=Path, help="the folder that sernet export wrote")
    parser.add_argument(
        "inputs",
        metavar="INPUT",
        nargs="+",
        help="audio file, folder, wav.scp, CutSet (.jsonl, .jsonl.gz), or - for stdin",
    )
    parser.add_argument("--output", type=Path, metavar="FILE", help="default: standard output")
    parser.add_argument("--format", choices=("jsonl", "csv"), help="default: by --output's name, else jsonl")
    parser.add_argument("--device", choices=("auto", "cpu", "cuda"), default="auto")
    parser.add_argument(
        "--engine", choices=("auto", "onnx", "torch"), default="auto", help="auto: onnx where it can run"
    )
    parser.add_argument("--threads", type=int, default=1, metavar="N", help="to compute with, on CPU; default 1")
    parser.add_argument("--channel", type=int, metavar="N", help="the one to hear, from 0; default: the mean of all")
    parser.add_argument(
        "--classes",
        metavar="A,B,...",
        help="decide among these alone, two or more; default: all. The outlier score stays that of the whole model",
    )
    parser.add_argument(
        "--timeline", action="store_true", help="also the segments of each recording, by torch; jsonl only"
    )


def run(options: argparse.Namespace) -> int:
    """Predict; 1 where a recording could not be read."""
    from sernet.bundle.inputs import count, recordings
    from sernet.bundle.output import Writer
    from sernet.bundle.predictor import load
    from sernet.errors import SernetError, UsageError

    if options.threads < 1 or (options.channel is not None and options.channel < 0):
        raise UsageError("--threads must be at least 1, --channel at least 0")
    kind = options.format or _kind(options.output)
    if options.timeline and kind == "csv":
        raise UsageError("--timeline goes with --format jsonl")
    total = count(options.inputs)
    model = load(options.bundle, options.device, options.engine, options.threads)
    classes = model.among(None if options.classes is None else [name.strip() for name in options.classes.split(",")])
    print(f"engine: {model.engine.name} ({model.engine.why})", file=sys.stderr)
    if note := _differing(model.bundle.contents, classes):
        print(note, file=sys.stderr)
    segmenter = None
    if options.timeline:
        from sernet.bundle.segments import Segmenter

        segmenter = Segmenter(model.bundle, options.device, classes)
    failed = 0
    try:
        with _opened(options.output) as stream:
            writer = Writer(stream, kind, classes)
            for recording in _shown(recordings(options.inputs, options.channel), total, stream):
                try:
                    if segmenter is None:
                        writer.result(recording.name, model.predict_pieces(recording.open(), classes))
                    else:
                        found = model.predict_pieces(segmenter.listen(recording.open()), classes)
                        writer.result(recording.name, found, timeline=segmenter.segments())
                except SernetError as error:
                    failed += 1
                    writer.failure(recording.name, str(error))
    except BrokenPipeError:  # the reader has seen enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    if failed:
        print(f"sernet predict: {failed} of {total} recordings have an error in place of a prediction", file=sys.stderr)
    return 1 if failed else 0


def _differing(contents: Any, classes: list[str]) -> str | None:
    """What to say where a model of corpora with differing classes is asked to decide among all."""
    given = {corpus.name: corpus.classes for corpus in contents.origin.corpora if corpus.classes}
    if not given or classes != contents.classes:
        return None
    shown = "; ".join(f"{name}: {','.join(own)}" for name, own in given.items())
    return (
        f"deciding among all {len(classes)} classes; the figures of the model's card are among those of each corpus. "
        f"For speech that shows those alone, --classes: {shown}"
    )


def _kind(output: Path | None) -> str:
    return "csv" if output is not None and output.suffix == ".csv" else "jsonl"


@contextmanager
def _opened(output: Path | None) -> Iterator[IO[str]]:
    """A file that appears whole or not at all, or standard output."""
    from sernet.pipeline.files import atomic

    if output is not None:
        with atomic(output) as temporary, open(temporary, "w", encoding="utf-8", newline="") as stream:
            yield stream
        return
    yield sys.stdout
    sys.stdout.flush()


def _shown(items: Any, total: int, stream: IO[str]) -> Any:
    """``items`` with a bar, but for a single one, or where the lines themselves go to the terminal."""
    from sernet.pipeline.progress import track

    return items if total == 1 or stream.isatty() else track(items, total, "predicting")
