"""`sernet predict BUNDLE ...`: emotions of recordings, a line each."""

from __future__ import annotations

import argparse
import io
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sernet.bundle.inputs import Recording, Survey
    from sernet.bundle.output import Writer
    from sernet.bundle.predictor import Predictor
    from sernet.bundle.segments import Segmenter


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    parser.add_argument("bundle", metavar="BUNDLE", type=Path, help="the folder that sernet export wrote")
    parser.add_argument(
        "inputs",
        metavar="INPUT",
        nargs="+",
        help="audio file, folder, wav.scp, CutSet (.jsonl, .jsonl.gz), or - for stdin",
    )
    parser.add_argument(
        "--output",
        type=Path,
        metavar="FILE",
        help="default: standard output. Until all is there it is FILE.<digits>.part; the same command goes on with it",
    )
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
    from sernet.bundle.inputs import survey
    from sernet.bundle.predictor import load
    from sernet.errors import UsageError, first_of, shown

    if options.threads < 1 or (options.channel is not None and options.channel < 0):
        raise UsageError("--threads must be at least 1, --channel at least 0")
    kind = options.format or _kind(options.output)
    if options.timeline and kind == "csv":
        raise UsageError("--timeline goes with --format jsonl")
    found = survey(options.inputs)
    if found.twice:
        print(f"there more than once, with a line each: {shown(first_of(found.twice))}", file=sys.stderr)
    model = load(options.bundle, options.device, options.engine, options.threads)
    classes = model.among(None if options.classes is None else [name.strip() for name in options.classes.split(",")])
    print(f"engine: {model.engine.name} ({model.engine.why})", file=sys.stderr)
    if note := _differing(model.bundle.contents, classes):
        print(note, file=sys.stderr)
    segmenter = None
    if options.timeline:
        from sernet.bundle.segments import Segmenter

        segmenter = Segmenter(model.bundle, options.device, classes)
    work = _Work(options, kind, model, classes, segmenter, found)
    failed = work.to_stdout() if options.output is None else work.to_file()
    if failed:
        print(
            f"sernet predict: {failed} of {found.total} recordings have an error in place of a prediction",
            file=sys.stderr,
        )
    return 1 if failed else 0


@dataclass(frozen=True)
class _Work:
    """What is to be predicted, and by what."""

    options: argparse.Namespace
    kind: str
    model: Predictor
    classes: list[str]
    segmenter: Segmenter | None
    survey: Survey

    def to_stdout(self) -> int:
        """Write all lines; how many have an error."""
        from sernet.bundle.output import Writer

        return self._lines(Writer(_stdout(), self.kind, self.classes), 0)

    def to_file(self) -> int:
        """Write all lines to --output, or those that an earlier try has not; how many have an error."""
        from sernet.bundle.output import Writer
        from sernet.bundle.unfinished import Unfinished

        with Unfinished(self.options.output, self._identity(), self.kind) as part:
            if part.done:
                print(f"going on after {part.done} of {self.survey.total}, which lie in {part.path}", file=sys.stderr)
            try:
                writer = Writer(part.stream, self.kind, self.classes, head=part.new)
                failed = part.failed + self._lines(writer, part.done)
            except BaseException:
                more = "; the same command goes on with it" if self.survey.identity else ""
                print(f"what has been predicted lies in {part.path}{more}", file=sys.stderr)
                raise
            part.finish()
        return failed

    def _identity(self) -> str:
        """A digest of what decides the lines; standard input cannot be read again, so nothing is the same with it."""
        import hashlib
        import json
        import secrets

        import sernet

        engine = self.model.engine.name, str(getattr(self.model.engine, "device", "cpu"))
        asked = self.kind, self.classes, self.options.channel, self.options.timeline, engine, sernet.__version__
        decides = [self.survey.identity or secrets.token_hex(), self.model.bundle.identity, asked]
        return hashlib.sha256(json.dumps(decides).encode()).hexdigest()

    def _lines(self, writer: Writer, done: int) -> int:
        """Write a line for each recording but the first ``done``; how many have an error."""
        from itertools import islice

        from sernet.bundle.inputs import recordings
        from sernet.errors import reason, shown

        failed = 0
        listed = islice(recordings(self.options.inputs, self.options.channel), done, None)
        on_terminal = self.options.output is None and sys.stdout.isatty()
        for recording in _shown(listed, self.survey.total - done, on_terminal):
            notes: list[str] = []
            more: dict[str, Any] = {}
            try:
                heard = recording.open(notes=notes)
                found = self.model.predict_pieces(
                    self.segmenter.listen(heard) if self.segmenter else heard, self.classes
                )
                if self.segmenter:
                    more["timeline"] = self.segmenter.segments()
            except Exception as error:  # whatever one recording raises, the others are predicted
                failed += 1
                writer.failure(recording.name, reason(error))
            else:
                writer.result(recording.name, found, "; ".join(notes), **more)
                if notes and self.kind == "csv":
                    print(f"{shown(recording.name)}: {'; '.join(notes)}", file=sys.stderr)
        return failed


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


def _stdout() -> IO[str]:
    """Standard output, as UTF-8 whatever the terminal's encoding: that is what JSON is in."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="")
    return sys.stdout


def _shown(items: Iterable[Recording], total: int, on_terminal: bool) -> Iterable[Recording]:
    """``items`` with a bar, but for a single one, or where the lines themselves go to the terminal."""
    from sernet.pipeline.progress import track

    return items if total == 1 or on_terminal else track(items, total, "predicting")
