"""What a process that was killed with -9 left behind goes; all else stays."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from sernet.pipeline.sweep import sweep

DIES = """
import os, signal, sys
from pathlib import Path
from sernet.pipeline.files import atomic
folder = Path(sys.argv[1])
for name, make in (("scores.npz", Path.touch), ("notes", Path.touch), ("seed0", Path.mkdir)):
    if os.fork() == 0:
        with atomic(folder / name) as temporary:
            make(temporary)
            os.kill(os.getpid(), signal.SIGKILL)
    os.wait()
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_temporaries_of_a_killed_process_are_removed_and_nothing_else(tmp_path: Path) -> None:
    kept = ["scores.npz", ".hidden", "a.part", ".lock", ".notes.part", "part.1.npz"]
    for name in kept:
        (tmp_path / "run" / name).parent.mkdir(exist_ok=True)
        (tmp_path / "run" / name).write_text(name)
    died = subprocess.run([sys.executable, "-c", DIES, str(tmp_path / "run")], cwd=Path(__file__).parents[2])
    assert died.returncode == -signal.SIGKILL
    assert len(os.listdir(tmp_path / "run")) == len(kept) + 3
    assert sweep(tmp_path) == 3
    assert sorted(os.listdir(tmp_path / "run")) == sorted(kept)
    assert sweep(tmp_path) == 0
    assert sweep(tmp_path / "not there") == 0
