"""Stamps of functionals did not say which openSMILE had computed them, so that no change of it was ever said."""

from importlib import metadata

import pytest

from sernet.pipeline.libraries import versions


def test_what_a_user_has_added_is_recorded_and_what_not_is_no_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    version = metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "2.6.0" if name == "opensmile" else version(name))
    assert versions()["opensmile"] == "2.6.0"

    def without(name: str) -> str:
        if name == "opensmile":
            raise metadata.PackageNotFoundError(name)
        return version(name)

    monkeypatch.setattr(metadata, "version", without)
    assert "opensmile" not in versions()
