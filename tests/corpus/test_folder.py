"""Links, loops, closed folders, pipes and foreign formats below a corpus folder."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from sernet.corpus import manifests
from sernet.corpus.entries import read_entries, source_files
from sernet.corpus.folder import audio_files, listing
from sernet.errors import SernetError
from sernet.pipeline.digests import FileDigests
from tiny import Tiny


def _touch(*paths: Path) -> None:
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def test_a_linked_folder_is_followed_once(tmp_path: Path) -> None:
    root, away = tmp_path / "root", tmp_path / "away"
    _touch(root / "a" / "1.wav", away / "b" / "2.wav", away / "3.flac", root / ".hidden" / "4.wav")
    (root / "away").symlink_to(away)
    (root / "again").symlink_to(away / "b")  # a part of what is linked already
    (root / "aa").symlink_to(root / "a")  # what is there anyway
    (away / "loop").symlink_to(away)
    (root / "a" / "up").symlink_to(root)
    (root / "a" / "higher").symlink_to(tmp_path)  # holds the folder, and more than is the corpus's
    (root / "linked.wav").symlink_to(away / "b" / "2.wav")
    assert audio_files(root) == ["a/1.wav", "again/2.wav", "away/3.flac", "linked.wav"]


def test_what_a_link_leads_nowhere_is_not_passed_over(tmp_path: Path) -> None:
    _touch(tmp_path / "1.wav")
    (tmp_path / "s5").symlink_to(tmp_path / "not mounted")
    with pytest.raises(SernetError, match=r"1 folders cannot be entered, and what is in them would be missing: .*s5"):
        audio_files(tmp_path)
    (tmp_path / "s5").unlink()
    (tmp_path / "gone.wav").symlink_to(tmp_path / "nothing")
    assert audio_files(tmp_path) == ["1.wav", "gone.wav"]  # and stage 1 says that it is not there


def test_a_folder_that_cannot_be_entered_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _touch(tmp_path / "a" / "1.wav", tmp_path / "closed" / "2.wav")
    scan = os.scandir

    def refusing(path: Path) -> object:
        if Path(path).name == "closed":
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", refusing)  # root may enter everything
    with pytest.raises(SernetError, match=r"1 folders cannot be entered.*closed \(Permission denied\)"):
        audio_files(tmp_path)


def test_audio_that_is_not_read_is_counted_and_named(tiny: Tiny) -> None:
    _touch(tiny.root / "x" / "1.m4a", tiny.root / "x" / "2.M4A", tiny.root / "x" / "3.wma", tiny.root / "notes.txt")
    found = listing(tiny.root)
    assert len(found.audio) == 16 and len(found.left_out) == 1
    assert "audio in formats that are not read: 2 .m4a, 1 .wma, such as x/1.m4a" in found.left_out[0]
    with pytest.raises(SernetError, match=r"no audio of tiny in it; audio in formats that are not read"):
        read_entries(tiny.config, tiny.root / "x", tiny.root)


def test_pipes_sockets_devices_and_loops_are_bad_files_and_nothing_waits(
    tiny: Tiny, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = {"f1_A_1": "pipe", "f1_A_2": "zero", "f1_N_1": "loop", "f1_N_2": "socket", "m1_A_1": "gone"}
    for name in names:
        (tiny.root / f"{name}.wav").unlink()
    os.mkfifo(tiny.root / "f1_A_1.wav")
    (tiny.root / "f1_A_2.wav").symlink_to("/dev/zero")
    (tiny.root / "f1_N_1.wav").symlink_to("f1_N_1.wav")
    (tiny.root / "m1_A_1.wav").symlink_to("nothing.wav")
    monkeypatch.chdir(tiny.root)  # the path of a socket must be short
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("f1_N_2.wav")
        digests = FileDigests(tmp_path / "digests.json")
        found = [digests.of_file(path) for path in source_files(tiny.root, tmp_path)]
        assert len(found) == 16 and found.count(None) == 5
        made, bad = manifests.build(tiny.config, read_entries(tiny.config, tiny.root, tmp_path), tiny.root)
    assert {Path(item.path).stem for item in bad} == set(names) and len(made) == 11
    assert {item.reason for item in bad} >= {"is not a regular file", "there is no such file"}
