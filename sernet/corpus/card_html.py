"""The corpus card on paper: as text, and as one HTML file with clips to listen to, readable without scripts."""

from __future__ import annotations

import base64
import io
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import soundfile
from jinja2 import Environment, PackageLoader, StrictUndefined

from sernet.audio.resample import resample
from sernet.config.corpus import CorpusConfig
from sernet.corpus import duplicates
from sernet.corpus.audio import load_audio
from sernet.corpus.card import Card, by_number, make_card
from sernet.corpus.hearing import LISTENED
from sernet.corpus.sound import Sound
from sernet.corpus.utterances import Indexed
from sernet.pipeline.files import write_text

QUANTILES = (0.05, 0.5, 0.95)
SHOWN = 60
"""Rows of a table; the text of the rest is one row."""
LONGEST = 4.0
"""Seconds of a clip: a card stays small enough for a mail."""
PAIRS_HEARD = 3
PLAYED = (8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000)
"""Hz: the rates that MP3 has; clips of other rates are resampled to the highest."""
NOT_TOLD = "not told"


@dataclass(frozen=True)
class Table:
    """A table with a sentence before it; cells are text."""

    title: str
    about: str
    header: list[str] = field(default_factory=list)
    rows: list[list[str]] = field(default_factory=list)


@dataclass(frozen=True)
class Clip:
    """Something to listen to."""

    about: str
    utterance: str
    uri: str


def write_card(folder: Path, config: CorpusConfig, listened: int = LISTENED) -> Card:
    """Compute the card of the corpus prepared in ``folder`` and write card.html and card.txt there; see `make_card`.

    Raises:
        SernetError: the corpus is not prepared, or a file cannot be read any more.
    """
    card = make_card(folder, listened)
    write_text(folder / "card.txt", card_text(card, config))
    write_text(folder / "card.html", card_html(card, config))
    return card


def card_text(card: Card, config: CorpusConfig) -> str:
    """The card as plain text, all but the clips."""
    lines = [config.title, "=" * len(config.title), *(f"{name}: {value}" for name, value in _facts(card, config))]
    lines += ["", "What stands out", "---------------", *(f"- {line}" for line in _findings(card))]
    if config.known_defects:
        lines += ["", "Known before", "------------", *(f"- {line}" for line in config.known_defects)]
    for table in tables(card):
        lines += ["", table.title, "-" * len(table.title), table.about, *_aligned(table)]
    return "\n".join(lines) + "\n"


def card_html(card: Card, config: CorpusConfig) -> str:
    """The card as one self-contained page."""
    environment = Environment(
        loader=PackageLoader("sernet.corpus"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("card.html.j2").render(
        title=config.title,
        facts=_facts(card, config),
        findings=_findings(card),
        known=config.known_defects,
        tables=tables(card),
        clips=clips(card),
    )


def tables(card: Card) -> list[Table]:
    """Everything that is counted, measured and compared."""
    return [_counts(card), _sound(card), _associations(card), _heard_twice(card), *_folds(card)]


def clips(card: Card) -> list[Clip]:
    """An utterance of each emotion, by different speakers where there are, then recordings that are heard twice."""
    found = []
    heard: Counter[str | None] = Counter()
    kinds: list[str | None] = [*card.emotions]
    for emotion in kinds or [None]:
        of_it = [item for item in card.indexed if item.utterance.emotion == emotion]
        if not of_it:
            continue
        middle = float(np.median([item.utterance.duration for item in of_it]))
        item = min(
            of_it,
            key=lambda i: (heard[i.utterance.speaker], abs(i.utterance.duration - middle), i.utterance.id),
        )
        heard[item.utterance.speaker] += 1
        found.append(_clip(emotion or "an utterance", item))
    by_id = {item.utterance.id: item for item in card.indexed}
    for number, pair in enumerate(card.pairs[:PAIRS_HEARD], 1):
        found += [_clip(f"heard twice, {number}", by_id[u.id]) for u in (pair.first, pair.second)]
    return found


def _facts(card: Card, config: CorpusConfig) -> list[tuple[str, str]]:
    speakers = {speaker: gender for speaker, gender in card.tally.genders.items() if speaker}
    genders = ", ".join(
        f"{n} {gender or 'of unknown gender'}" for gender, n in Counter(speakers.values()).most_common()
    )
    nameless = sum(number for (speaker, _), number in card.tally.counts.items() if speaker is None)
    people = f"{len(speakers)}: {genders}" if speakers else "not told"
    if speakers and nameless:
        people += f"; not told of {nameless} utterances"
    hours = card.tally.seconds / 3600
    return [
        ("Corpus", card.corpus),
        ("Source", " ".join(config.source.split())),
        ("Licence", config.licence),
        ("Utterances", f"{card.tally.utterances}, {hours:.2f} h"),
        ("Speakers", people),
        ("Listened to", "all" if card.whole else f"{len(card.indexed)}, a sample; counts and folds are of all"),
    ]


def _findings(card: Card) -> list[str]:
    return card.findings or ["Nothing."]


def _counts(card: Card) -> Table:
    emotions = card.emotions
    counts: Counter[tuple[str, str | None]] = Counter()
    totals: Counter[str] = Counter()
    for (speaker, emotion), number in card.tally.counts.items():
        counts[speaker or NOT_TOLD, emotion] += number
        totals[speaker or NOT_TOLD] += number
    genders = {speaker or NOT_TOLD: gender or "" for speaker, gender in card.tally.genders.items()}
    shown = [speaker for speaker, _ in totals.most_common(SHOWN)]

    def row(name: str, gender: str, speakers: list[str]) -> list[str]:
        numbers = [sum(counts[speaker, emotion] for speaker in speakers) for emotion in emotions]
        return [name, gender, *map(str, numbers), str(sum(totals[speaker] for speaker in speakers))]

    rows = [row(speaker, genders[speaker], [speaker]) for speaker in sorted(shown, key=by_number)]
    if len(totals) > SHOWN:
        rows.append(row(f"{len(totals) - SHOWN} more", "", [s for s in totals if s not in set(shown)]))
    for gender in sorted(set(genders.values()) - {""}):
        rows.append(row(f"all {gender}", "", [s for s in totals if genders[s] == gender]))
    rows.append(row("all", "", list(totals)))
    return Table("Utterances by speaker and emotion", "", ["speaker", "gender", *emotions, "all"], rows)


def _sound(card: Card) -> Table:
    header = ["", "n"]
    for name, unit in (("duration", "s"), ("level", "dB"), ("bandwidth", "kHz")):
        header += [f"{name} {unit}, {quantile:.0%}" for quantile in QUANTILES]
    if not card.sounds:
        return Table("Duration, level, bandwidth", "There was nothing to listen to.")
    rows = [_sound_row("all", card.sounds)]
    for emotion in card.emotions:
        of_it = [s for s, u in zip(card.sounds, card.utterances, strict=True) if u.emotion == emotion]
        rows += [_sound_row(emotion, of_it)] if of_it else []
    return Table(
        "Duration, level, bandwidth",
        "Quantiles. Level: RMS below full scale, without pauses. Bandwidth: the highest frequency whose long-term "
        "power, pre-emphasised, is within 40 dB of the strongest.",
        header,
        rows,
    )


def _sound_row(name: str, sounds: list[Sound]) -> list[str]:
    row = [name, str(len(sounds))]
    for attribute, scale, digits in (("duration", 1.0, 2), ("level", 1.0, 1), ("bandwidth", 1e-3, 2)):
        values = scale * np.quantile([getattr(sound, attribute) for sound in sounds], QUANTILES)
        row += [f"{value:.{digits}f}" for value in values]
    return row


def _associations(card: Card) -> Table:
    if not card.associations:
        return Table("What gives emotion away", "There is no emotion, or nothing that varies beside it.")
    return Table(
        "What gives emotion away",
        "Cramer's V of each attribute with emotion: 0 nothing, 1 the one follows from the other. Level: 95 % of 999 "
        "shuffles stay below it. Guess: share that is right when each value's most frequent emotion is guessed. "
        f"The most frequent emotion of all is {card.associations[0].majority:.0%}.",
        ["attribute", "values", "n", "Cramer's V", "level", "p", "guess"],
        [
            [
                a.attribute,
                str(a.values),
                str(a.utterances),
                f"{a.v:.3f}",
                f"{a.level:.3f}",
                f"{a.p:.3f}",
                f"{a.guess:.0%}",
            ]
            for a in card.associations
        ],
    )


def _heard_twice(card: Card) -> Table:
    known = {(a, b) for group in card.identical for a in group for b in group}
    return Table(
        "Heard twice",
        f"Pairs of clips that correlate at {duplicates.CORRELATION} or more where they overlap, which they must for "
        f"{duplicates.OVERLAP} s. How safe that is: {_highest(card.rejected)} pairs that share fingerprints but are "
        f"not listed, {_highest(card.chance)} pairs drawn at random.",
        ["first", "second", "correlation", "seconds", "identical", "labels that differ"],
        [
            [
                pair.first.id,
                pair.second.id,
                f"{pair.overlap.correlation:.3f}",
                f"{pair.overlap.seconds:.2f}",
                "yes" if (pair.first.id, pair.second.id) in known else "",
                ", ".join(pair.differ),
            ]
            for pair in card.pairs
        ],
    )


def _highest(correlations: list[float]) -> str:
    most = f"at most {max(correlations):.2f} in " if correlations else ""
    return f"{most}{len(correlations)}"


def _folds(card: Card) -> list[Table]:
    found = []
    for protocol in dict.fromkeys(part.protocol for part in card.folds):
        rows = [
            [
                str(part.fold),
                part.part,
                str(part.speakers),
                str(part.utterances),
                ", ".join(part.absent),
                "; ".join(part.leaks) or "none",
            ]
            for part in card.folds
            if part.protocol == protocol
        ]
        header = ["fold", "part", "speakers", "utterances", "emotions that it lacks", "leaks"]
        about = "A leak is a speaker or a recording, in whole or in part, that an earlier part of the fold has too."
        found.append(Table(f"Folds: {protocol}", about, header, rows))
    return found


def _clip(about: str, item: Indexed) -> Clip:
    samples, rate = load_audio(item)
    return Clip(about, item.utterance.id, _data_uri(samples[: int(LONGEST * rate)], rate))


def _data_uri(samples: np.ndarray, rate: int) -> str:
    """MP3 where libsndfile writes it (1.1 and later), else 16-bit WAV: every browser plays both, at these rates."""
    if rate not in PLAYED:
        samples, rate = resample(samples, rate, PLAYED[-1]), PLAYED[-1]
    mp3 = "MP3" in soundfile.available_formats()
    kind, subtype, mime = ("MP3", "MPEG_LAYER_III", "audio/mpeg") if mp3 else ("WAV", "PCM_16", "audio/wav")
    buffer = io.BytesIO()
    soundfile.write(buffer, np.clip(samples, -1, 1), rate, format=kind, subtype=subtype)
    return f"data:{mime};base64,{base64.b64encode(buffer.getvalue()).decode()}"


def _aligned(table: Table) -> list[str]:
    """Rows in columns: the first to the left, numbers to the right."""
    if not table.rows:
        return []
    widths = [max(map(len, column)) for column in zip(table.header, *table.rows, strict=True)]
    lines = []
    for row in [table.header, *table.rows]:
        cells = [
            cell.rjust(width) if any(r[i][:1].isdigit() or r[i][:1] == "-" for r in table.rows) else cell.ljust(width)
            for i, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        lines.append("  ".join(cells).rstrip())
    return lines
