"""Is only compiled what changed, and what depends on it?"""

from pathlib import Path

import pytest

from contractctl import caches
from contractctl.formats.protobuf.compiling import protoc
from contractctl.formats.protobuf.schema import parse
from contractctl.model.contract import File, Source


@pytest.fixture
def compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The files that each run of protoc was asked for, with a cache that was empty before."""
    monkeypatch.setenv(caches.VARIABLE, str(tmp_path))
    runs: list[list[str]] = []
    run = protoc.compiled

    def noted(texts: dict[str, str], wanted: list[str], *options: str, beside: bytes = b"") -> tuple[object, bytes]:
        runs.append(sorted(wanted))
        return run(texts, wanted, *options, beside=beside)

    monkeypatch.setattr(protoc, "compiled", noted)
    return runs


def version(**texts: str) -> Source:
    return Source(tuple(File(f"proto/{name}.proto", f'syntax = "proto3"; {text}') for name, text in texts.items()))


BASE = {
    "a": "message A { int32 a = 1; }",
    "b": 'import "a.proto"; message B { A a = 1; }',
    "c": 'import "b.proto"; message C { B b = 1; }',
    "d": 'import "google/protobuf/timestamp.proto"; message D { google.protobuf.Timestamp at = 1; }',
}


def test_what_was_compiled_before_is_not_compiled_again(compiled: list[list[str]]) -> None:
    parse(version(**BASE))
    parse(version(**BASE))

    assert compiled == [["a.proto", "b.proto", "c.proto", "d.proto", "google/protobuf/timestamp.proto"]]


def test_a_changed_file_costs_itself_and_those_that_depend_on_it(compiled: list[list[str]]) -> None:
    parse(version(**BASE))
    changed = parse(version(**{**BASE, "b": 'import "a.proto"; message B { A a = 1; string more = 2; }'}))

    assert compiled[1:] == [["b.proto", "c.proto"]]
    assert changed.message("B").by_name["more"].kind == "string"
    assert changed.message("C").by_name["b"].type == "B"


def test_what_no_longer_fits_together_is_noticed_though_its_text_is_the_same(compiled: list[list[str]]) -> None:
    from contractctl.errors import ContractctlError

    parse(version(**BASE))

    with pytest.raises(ContractctlError, match='"A" is not defined'):
        parse(version(**{**BASE, "a": "message Z { int32 a = 1; }"}))


def test_an_import_that_is_written_oddly_is_not_taken_for_none(compiled: list[list[str]]) -> None:
    """Such a file is compiled each time, and so are those that import it."""
    odd = {**BASE, "b": 'import public/**/"a.proto"; message B { A a = 1; }'}
    parse(version(**odd))

    changed = parse(version(**{**odd, "a": "enum A { ZERO = 0; }"}))

    assert changed.message("B").by_name["a"].kind == "enum"
    assert compiled[1] == ["a.proto", "b.proto", "c.proto"]
