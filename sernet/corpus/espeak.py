"""Text to speech by espeak-ng, from the `espeakng-loader` wheel: no system package, no network.

espeak-ng keeps a random state from one text to the next, so the same text twice in one process differs; the same
sequence in a fresh process is the same to the byte, once the seed that it takes from the clock (breathy voices) is set.
:func:`speak` therefore starts a process of its own for each call; this module run as a script is that process (standard
library only, so that starting it costs little).
"""

from __future__ import annotations

import array
import ctypes
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from sernet.errors import SernetError

SYNCHRONOUS = 2  # AUDIO_OUTPUT_SYNCHRONOUS: samples come to the callback, within espeak_Synth
UTF8_SSML = 0x01 | 0x10  # espeakCHARS_UTF8 | espeakSSML
RATE, PITCH, RANGE = 1, 3, 4  # espeak_PARAMETER
ON_SAMPLES = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p)


@dataclass(frozen=True)
class Sentence:
    """What to say, and how in espeak-ng's own units."""

    ssml: str
    words_per_minute: int  # 80 to 450
    pitch: int  # 0 to 100; 50 is the voice's own, 50 more or less is about an octave
    pitch_range: int  # 0 (monotone) to 100; 50 is the voice's own


def data_folder() -> Path:
    """The folder `espeak-ng-data` of the installed wheel.

    Raises:
        SernetError: espeakng-loader is not installed.
    """
    try:
        import espeakng_loader
    except ImportError as error:
        raise SernetError(
            "mini's speech needs the package espeakng-loader, which is not installed here: pip install espeakng-loader"
        ) from error
    return Path(espeakng_loader.get_data_path())


def check_voice(language: str, variant: str) -> None:
    """Refuse a voice that espeak-ng lacks. (It ignores an unknown variant without a word.)

    Raises:
        SernetError: no such language or variant; the message lists what there is.
    """
    data = data_folder()
    languages = {path.name for path in (data / "lang").rglob("*") if path.is_file()}
    variants = {path.name for path in (data / "voices" / "!v").iterdir()}
    for kind, name, known in (("language", language, languages), ("voice variant", variant, variants)):
        if name not in known:
            raise SernetError(f"espeak-ng has no {kind} {name!r}; allowed: {', '.join(sorted(known))}")


def speak(language: str, variant: str, sentences: Sequence[Sentence]) -> tuple[list[array.array[int]], int]:
    """The sentences as 16-bit samples, one channel, said in this order in a fresh process; and the rate in Hz.

    Raises:
        SernetError: an unknown voice, or espeak-ng failed.
    """
    check_voice(language, variant)
    order = {"voice": f"{language}+{variant}", "sentences": [astuple(sentence) for sentence in sentences]}
    package_root = str(Path(__file__).resolve().parents[2])
    search_path = os.pathsep.join(filter(None, [package_root, os.environ.get("PYTHONPATH", "")]))
    process = subprocess.run(
        [sys.executable, "-m", "sernet.corpus.espeak"],
        input=json.dumps(order).encode(),
        capture_output=True,
        env={**os.environ, "PYTHONPATH": search_path},
        check=False,
    )
    if process.returncode:
        said = process.stderr.decode(errors="replace").strip() or "it said nothing"
        raise SernetError(f"espeak-ng failed on voice {order['voice']} (code {process.returncode}): {said}")
    header, _, samples = process.stdout.partition(b"\n")
    description = json.loads(header)
    speech, start = [], 0
    for size in description["bytes"]:
        speech.append(array.array("h", samples[start : start + size]))
        start += size
    return speech, description["rate"]


def _say(voice: str, sentences: list[list[object]]) -> tuple[list[bytes], int]:
    """Load the library and say everything. Ends the process with a message where espeak-ng refuses."""
    import espeakng_loader

    library = ctypes.CDLL(espeakng_loader.get_library_path())
    # A relative path, because espeak-ng cuts off paths of more than some 160 characters.
    os.chdir(Path(espeakng_loader.get_data_path()).parent)
    rate = library.espeak_Initialize(SYNCHRONOUS, 0, b".", 0)
    if rate <= 0:
        sys.exit(f"espeak_Initialize returned {rate}")
    library.espeak_ng_SetRandSeed(ctypes.c_long(1))  # otherwise the time of day: heard in breathy voices
    spoken = bytearray()

    @ON_SAMPLES
    def keep(samples, count, _events):  # type: ignore[no-untyped-def]
        if samples and count > 0:
            spoken.extend(ctypes.string_at(samples, 2 * count))
        return 0

    library.espeak_SetSynthCallback(keep)
    if code := library.espeak_SetVoiceByName(voice.encode()):
        sys.exit(f"espeak_SetVoiceByName returned {code}")
    speech = []
    for ssml, *settings in sentences:
        for parameter, value in zip((RATE, PITCH, RANGE), settings, strict=True):
            library.espeak_SetParameter(parameter, value, 0)
        text = str(ssml).encode() + b"\0"
        spoken.clear()
        if code := library.espeak_Synth(text, len(text), 0, 0, 0, UTF8_SSML, None, None):
            sys.exit(f"espeak_Synth returned {code} on: {ssml}")
        speech.append(bytes(spoken))
    return speech, rate


def main() -> None:
    """Read the order from standard input; write a JSON line and the samples to standard output."""
    speech, rate = _say(**json.load(sys.stdin))
    sys.stdout.buffer.write(json.dumps({"rate": rate, "bytes": [len(samples) for samples in speech]}).encode() + b"\n")
    sys.stdout.buffer.write(b"".join(speech))


if __name__ == "__main__":
    main()
