"""From file names to labels, and what is refused on the way."""

from __future__ import annotations

import pytest

from sernet.corpus.entries import read_entries
from sernet.errors import SernetError, UsageError
from tiny import Tiny


def test_names_are_read_by_pattern_and_maps(tiny: Tiny) -> None:
    entries = read_entries(tiny.config, tiny.root, tiny.root)
    entry = next(entry for entry in entries if entry.path == "m2_A_1.wav")
    assert (entry.speaker, entry.gender, entry.emotion, entry.emotion_raw) == ("m2", "male", "anger", "A")
    assert entry.language == "en" and len(entries) == 16


def test_an_unmapped_label_is_refused_with_the_file(tiny: Tiny) -> None:
    tiny.raw["maps"] = {"emotion": {"A": "anger"}}
    with pytest.raises(SernetError, match=r"maps\.emotion has no 'N', as in f10_N_1\.wav"):
        read_entries(tiny.config, tiny.root, tiny.root)


def test_a_file_that_does_not_match_is_named_unless_ignored(tiny: Tiny) -> None:
    (tiny.root / "f1_A_1.wav").rename(tiny.root / "odd.wav")
    with pytest.raises(SernetError, match=r"1 audio files do not match the pattern .*odd\.wav"):
        read_entries(tiny.config, tiny.root, tiny.root)
    tiny.raw["ignore"] = [r"odd\.wav"]
    assert len(read_entries(tiny.config, tiny.root, tiny.root)) == 15


def test_a_speaker_that_is_not_listed_is_named(tiny: Tiny) -> None:
    tiny.raw["speakers"] = {"f1": "female", "f10": "female", "m1": "male"}
    with pytest.raises(SernetError, match="speakers does not list m2"):
        read_entries(tiny.config, tiny.root, tiny.root)


def test_a_script_takes_the_place_of_the_pattern_and_is_held_to_the_maps(tiny: Tiny) -> None:
    script = "from sernet.corpus.entries import Entry\n\n\ndef prepare(root):\n    return [{}]\n"
    entry = "Entry(path='f1_A_1.wav', speaker='f1', emotion_raw='A', name='turn', start=0.1, duration=0.15)"
    (tiny.root / "prepare.py").write_text(script.format(entry))
    (read,) = read_entries(tiny.config, tiny.root, tiny.root)
    assert (read.emotion, read.gender, read.start) == ("anger", "female", 0.1)
    tiny.raw["pattern"], tiny.raw["maps"] = None, {}
    with pytest.raises(SernetError, match=r"maps\.emotion is missing"):
        read_entries(tiny.config, tiny.root, tiny.root)
    tiny.raw["maps"] = {"emotion": {"A": "anger"}}
    (tiny.root / "prepare.py").write_text(script.format(entry.replace("speaker='f1'", "speaker='f1', gender='F'")))
    with pytest.raises(SernetError, match=r"gender F; allowed: female, male, other \(see maps\.gender\)"):
        read_entries(tiny.config, tiny.root, tiny.root)


def test_an_empty_folder_says_how_to_get_the_corpus(tiny: Tiny, tmp_path) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "empty").mkdir()
    with pytest.raises(SernetError, match="made by the tests"):
        read_entries(tiny.config, tmp_path / "empty", tiny.root)


@pytest.mark.parametrize(
    ("key", "value", "said"),
    [
        ("lisence", "x", "lisence: unknown key; allowed: name, title"),
        ("maps", {"emotion": {"A": "rage"}}, "no such emotion: 'rage'; allowed: anger"),
        ("maps", {"mood": {}}, "no group 'mood'; allowed: emotion"),
        ("pattern", "(", "not a regular expression"),
        ("speakers", {"f1": "woman"}, "speakers.f1"),
        ("folds", {"two": {"source": "x", "folds": [{"test": ["f9"]}]}}, "no such speakers: f9"),
        ("channel", -1, "channel"),
    ],
)
def test_a_fault_in_corpus_yaml_names_file_key_and_what_is_allowed(
    tiny: Tiny, key: str, value: object, said: str
) -> None:
    tiny.raw[key] = value
    with pytest.raises(UsageError) as error:
        _ = tiny.config
    assert str(error.value).startswith("tiny/corpus.yaml: ") and said in str(error.value)
