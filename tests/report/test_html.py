"""report/index.html: one file that needs nothing else, holds the numbers, and leaves out what was not measured."""

from __future__ import annotations

import base64
import io
import json
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import soundfile

from sernet.report.evidence import Evidence
from sernet.report.html import write_report
from sernet.report.results import Row, build_results, headline
from sernet.report.tables import show
from sernet.score.files import Scored, ScoreSet

PROVENANCE = {"title": "mini & <others>", "command": "bash run.sh", "seeds": [0], "environment": {"python": "3.11.2"}}
VOID = {"meta", "br", "link", "img", "path", "use", "rect", "image", "line", "circle", "polygon", "stop", "input"}
Maker = Callable[..., list[Scored]]


class Page(HTMLParser):
    """Headings, text, links, what is loaded from where, and whether every element is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.headings: list[str] = []
        self.loaded: list[str] = []
        self.links: list[str] = []
        self.pictures: list[dict[str, str | None]] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.loaded += [given[name] or "" for name in ("src", "xlink:href") if name in given]
        assert tag != "link"
        if tag == "a":
            self.links.append(given.get("href") or "")
        if tag == "svg":
            self.pictures.append(given)
        assert tag != "script"
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["h2"]:
            self.headings.append(data)
        if "svg" not in self.open and "style" not in self.open:
            self.words.append(data)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


def report(path: Path, scored: list[Scored], rows: list[Row], **more: object) -> tuple[str, Page]:
    write_report(path / "report" / "index.html", rows, scored, PROVENANCE, **more)  # type: ignore[arg-type]
    text = (path / "report" / "index.html").read_text(encoding="utf-8")
    page = Page(text)
    assert page.open == []
    return text, page


def hum(utt_id: str) -> tuple[np.ndarray, int] | None:
    return 0.3 * np.sin(np.arange(16000) * 0.1), 16000


def test_the_whole_report(experiment: tuple[list[Scored], list[Row]], tmp_path: Path) -> None:
    scored, rows = experiment
    scored = [item for item in scored if item.seed == 0]
    text, page = report(tmp_path, scored, rows, audio=hum)
    assert page.headings == [
        "Recognition",
        "Across corpora",
        "Confusions",
        "Speaker by speaker",
        "Errors to listen to",
        "Is the confidence worth its name?",
        "Reliability",
        "Does it know when it does not know?",
        "What the embedding holds",
        "Training",
        "How it was made",
        "Definitions",
    ]
    assert all(source.startswith(("data:", "#")) for source in page.loaded)
    neighbours = {"../results.json", "../RESULTS.md", "../config.yaml"}
    assert {link for link in page.links if not link.startswith("#")} == neighbours
    assert not re.search(r"url\((?!#)|@import|https?://(?!www\.w3\.org)", text)
    assert len(text) < 5_000_000
    for row in headline(rows, metric="uar"):
        assert show(row) in page.text
    assert re.search(r"ECE [^;]*; n = \d+, \d+ speakers\.", page.text)  # no end of an interval between the two
    assert page.pictures and all(picture.get("aria-label") for picture in page.pictures)
    assert "mini & <others>" in page.text

    sounds = [source for source in page.loaded if source.startswith("data:audio")]
    assert 1 <= len(sounds) <= 8
    samples, rate = soundfile.read(io.BytesIO(base64.b64decode(sounds[0].split(",", 1)[1])))
    assert rate == 16000 and abs(len(samples) / rate - 1) < 0.1

    again, _ = report(tmp_path / "again", scored, rows, audio=hum)
    assert again == text


def test_one_fold_a_class_missing_no_ood_no_history_no_audio(tmp_path: Path, make: Maker) -> None:
    scored = make(tmp_path, corpora=("mini_en",), folds=1, systems=("am",), ood=False)
    single = scored[0]
    scores = ScoreSet.load(single.score_file)
    keep = scores.label != 2
    names = ("utt_id", "speaker", "corpus", "emotion", "label", "logits", "cosine", "embedding")
    replace(scores, **{name: getattr(scores, name)[keep] for name in names}).save(single.score_file)
    (single.directory / "history.jsonl").unlink()
    _, page = report(tmp_path, [single], build_results([single], "mini"), audio=lambda utt_id: None)
    assert "Training" not in page.headings and "Does it know when it does not know?" not in page.headings
    assert "Across corpora" not in page.headings and "Confusions" in page.headings
    assert "Not in the test set: neutral." in page.text
    assert not any(source.startswith("data:audio") for source in page.loaded)


def test_the_course_of_a_control_is_drawn_where_training_decides_it(tmp_path: Path, make: Maker) -> None:
    scored = make(tmp_path, corpora=("mini_en",), systems=("am", "msac", "auto"), seeds=(0, 1), ood=False)
    scored = [item for item in scored if item.condition == "single"]
    ends = []
    for number, item in enumerate(item for item in scored if item.system != "am"):
        course = [{"epoch": epoch, "loss": 1.0, "gender_factor": 0.3} for epoch in (1, 2)]
        if item.system == "auto":
            ends.append(0.1 * number)
            for row, end in zip(course, (0.0, ends[-1]), strict=True):
                row |= {"speaker_factor": -end, "speaker_correlation": end / 3}
        (item.directory / "history.jsonl").write_text("".join(json.dumps(row) + "\n" for row in course))
    _, page = report(tmp_path, scored, build_results(scored, "mini"))
    said = [picture["aria-label"] or "" for picture in page.pictures]
    (course,) = [label for label in said if label.startswith("speaker by epoch")]
    assert f"factor of its gradient of auto ends at {-np.mean(ends):+.3f} +- {np.std(ends):.3f}" in course
    assert f"correlation of auto ends at {np.mean(ends) / 3:+.3f} +- {np.std(ends) / 3:.3f}" in course
    assert not any(label.startswith("gender by epoch") for label in said), "what was fixed beforehand has no course"


def test_where_there_is_room_for_one_system_it_is_msac_or_a_network() -> None:
    for systems, shown in (
        (("baseline", "msac", "auto", "no-gender", "egemaps-svm"), "msac"),
        (("am", "baseline", "egemaps-svm"), "am"),
        (("baseline", "lstm", "egemaps-svm", "zsvm"), "lstm"),
        (("zsvm", "egemaps-svm"), "zsvm"),
    ):
        assert Evidence([], [], undrawn=("egemaps-svm", "zsvm")).shown(systems) == shown


def test_few_speakers_cross_corpus_alone_and_recordings_of_nobody(tmp_path: Path, make: Maker) -> None:
    scored = [item for item in make(tmp_path, speakers=2, folds=1, ood=False) if item.condition == "cross"]
    for item in scored:
        scores = ScoreSet.load(item.score_file)
        replace(scores, speaker=np.full(len(scores), "")).save(item.score_file)
    _, page = report(tmp_path, scored, build_results(scored, "mini"))
    assert "Across corpora" in page.headings and "Speaker by speaker" not in page.headings


def test_an_empty_experiment_says_so(tmp_path: Path) -> None:
    _, page = report(tmp_path, [], [])
    assert "Nothing has been scored" in page.text and page.headings == ["How it was made", "Definitions"]
