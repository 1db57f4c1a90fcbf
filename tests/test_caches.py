"""Do caches lie where their owner wants them, or nowhere?"""

from pathlib import Path

import pytest

from contractctl import caches


def test_a_cache_lies_where_the_platform_wants_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(caches.VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/kept")
    monkeypatch.setenv("HOME", "/home/ada")

    assert caches.folder("verdicts") == Path("/var/kept/contractctl/verdicts")
    monkeypatch.setenv("XDG_CACHE_HOME", "relative paths are invalid")
    assert caches.folder("verdicts") == Path("/home/ada/.cache/contractctl/verdicts")


def test_a_cache_is_moved_or_refused_by_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(caches.VARIABLE, "/scratch")
    assert caches.folder("verdicts") == Path("/scratch/verdicts")

    caches.switch_off()
    assert caches.folder("verdicts") is None


def test_who_has_no_home_has_no_cache(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (caches.VARIABLE, "XDG_CACHE_HOME", "HOME"):
        monkeypatch.delenv(name, raising=False)

    assert caches.folder("verdicts") is None
