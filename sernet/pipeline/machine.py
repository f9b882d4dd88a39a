"""The processor that a result was computed on: what of it can change the last bits, or the precision."""

from __future__ import annotations

import platform
import re
from pathlib import Path

from sernet.errors import SernetError
from sernet.pipeline.reading import read_text

CPUINFO = Path("/proc/cpuinfo")
KINDS = {"amx_bf16": "AMX", "avx512_bf16": "AVX-512 bf16", "avx512f": "AVX-512", "avx2": "AVX2"}
"""Flags of x86 processors, the most able first."""


def model_name() -> str:
    """The processor's name."""
    return _field("model name") or platform.processor()


def processor_kind() -> str:
    """Vendor and what it computes with: "GenuineIntel with AMX and AVX-512 bf16"; elsewhere the architecture."""
    vendor, flags = _field("vendor_id"), set(_field("flags").split())
    if not vendor:
        return platform.machine() or "unknown"
    bf16 = [name for flag, name in KINDS.items() if flag in flags and "bf16" in flag]
    other = [name for flag, name in KINDS.items() if flag in flags]
    return vendor + (f" with {' and '.join(bf16 or other[:1])}" if other else "")


def _field(name: str) -> str:
    try:
        found = re.search(rf"^{name}\s*:\s*(.+)$", read_text(CPUINFO), re.MULTILINE)
    except SernetError:
        return ""
    return found.group(1).strip() if found else ""
