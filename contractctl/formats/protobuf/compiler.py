"""How do the texts of a version become descriptors? A real protoc compiles them, alone in a temporary folder.

What a missing import would define has a stand-in: a message that may hold anything, never called compatible.
"""

import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NoReturn

from contractctl.errors import ContractctlError
from contractctl.formats.protobuf import cache, protoc
from contractctl.formats.protobuf.imports import named, stand_ins
from contractctl.formats.protobuf.tokens import depth, without_custom_options
from contractctl.model.contract import File

_MOST_LEVELS = 100
_MOST_PASSES = 60
_COMPLAINT = re.compile(r"^(?P<file>.+?)(?::(?P<line>\d+):(?P<column>\d+))?: (?P<what>.+)$")
_NO_FILE = re.compile(r"^(?P<name>.+): File not found\.$", re.MULTILINE)
_BAD_PATH = re.compile(
    r"^(?P<name>.+): Backslashes, consecutive slashes, .+ are not allowed in the virtual path$", re.MULTILINE
)
_UNDEFINED = re.compile(r'^(?P<file>.+?)(?::\d+:\d+)?: "(?P<name>[\w.]+)" is not (?:defined|a type)\.$', re.MULTILINE)
_RESOLVED = re.compile(r': "[\w.]+" is resolved to "(?P<name>[\w.]+)", which is not defined\.')
_ELSEWHERE = re.compile(r': "[\w.]+" seems to be defined in "(?P<file>[^"]+)", which is not imported by')
_PACKAGE = re.compile(r"^\s*package\s+([\w.]+)\s*;", re.MULTILINE)
_TALK = re.compile(r"^(WARNING: All log messages|[WEIF]\d{4} |.*: warning: )")
_TAB = 8


def compile_(files: tuple[File, ...]) -> tuple[bytes, dict[str, File]]:
    """A serialized FileDescriptorSet, dependencies first, and the given files by their names in it.

    Raise ContractctlError, in one sentence with file, line and column, where protoc refuses them.
    """
    given = named(files)
    for file in files:
        _demand_shallow(file)
    key = cache.key(given)
    compiled = cache.read(key)
    if compiled is None:
        compiled = _Compilation(given).run()
        cache.write(key, compiled)
    return compiled, given


def _demand_shallow(file: File) -> None:
    levels = depth(file.text)
    if levels > _MOST_LEVELS:
        raise ContractctlError(
            f"{file.name}: nested {levels} levels deep", hint=f"nest no more than {_MOST_LEVELS} messages or groups"
        )


class _Compilation:
    """Texts on their way through protoc, again and again until nothing is missing."""

    def __init__(self, given: Mapping[str, File]) -> None:
        self._given = given
        self._texts = {name: file.text.removeprefix("\ufeff") for name, file in given.items()}
        self._imports: dict[str, None] = {}
        self._types: dict[str, str] = {}
        self._beside: dict[str, None] = {}

    def run(self) -> bytes:
        for _ in range(_MOST_PASSES):
            with tempfile.TemporaryDirectory(prefix="contractctl-") as scratch:
                outcome, compiled = self._pass(Path(scratch))
            if outcome.ok:
                return compiled
            if not self._makes_up_for(outcome):
                break
        raise self._refusal(outcome)

    def _pass(self, scratch: Path) -> tuple[protoc.Outcome, bytes]:
        root, result = scratch / "in", scratch / "out"
        for name, text in {**self._texts, **stand_ins(self._imports, self._types, self._beside)}.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode("utf-8", "surrogatepass"))
        arguments = [f"-I{root}", f"-I{protoc.well_known()}", "--include_imports", "--include_source_info"]
        outcome = protoc.run([*arguments, "--retain_options", f"--descriptor_set_out={result}", *self._texts], scratch)
        said = outcome.said.replace(f"{root}/", "")
        return protoc.Outcome(outcome.ok, said, outcome.ended), result.read_bytes() if outcome.ok else b""

    def _makes_up_for(self, outcome: protoc.Outcome) -> bool:
        """Whether something that protoc misses has a stand-in now that had none before."""
        before = len(self._imports), len(self._types), len(self._beside)
        for name in [match["name"] for match in _NO_FILE.finditer(outcome.said)]:
            if name.startswith("/"):
                self._refuse_way_out(name, outcome)
            self._imports[name] = None
        for match in _BAD_PATH.finditer(outcome.said):
            self._refuse_way_out(match["name"], outcome)
        if not self._imports:
            return False
        if not before[0]:  # what defines them may be missing, and they mean nothing to readers
            self._texts = {name: without_custom_options(text) for name, text in self._texts.items()}
        for match in _UNDEFINED.finditer(outcome.said):
            name = match["name"].removeprefix(".")
            package = _PACKAGE.search(self._texts.get(match["file"], ""))
            full = f"{package[1]}.{name}" if "." not in match["name"] and package else name
            self._types[full] = name
        for match in _RESOLVED.finditer(outcome.said):
            self._types[match["name"]] = match["name"]
        for match in _ELSEWHERE.finditer(outcome.said):
            self._beside[match["file"]] = None
        return before != (len(self._imports), len(self._types), len(self._beside))

    def _refuse_way_out(self, name: str, outcome: protoc.Outcome) -> NoReturn:
        """An import that would lead out of the given files."""
        line = next((line for line in outcome.said.splitlines() if f'"{name}"' in line), "")
        raise ContractctlError(
            f'{self._place(line)}import "{name}" leads out of the given files',
            hint="import files by their names from the root of the schemas, without '..' and '/' in front",
        )

    def _refusal(self, outcome: protoc.Outcome) -> ContractctlError:
        lines = [line for line in outcome.said.splitlines() if line.strip() and not _TALK.match(line)]
        complaints = [line for line in lines if (match := _COMPLAINT.match(line)) and match["file"] in self._given]
        first = next((line for line in complaints if "was not found or had errors" not in line), None)
        if first is None and outcome.ended:
            name = next(iter(self._given.values())).name
            return ContractctlError(
                f"{name}: protoc gave up on it: it {outcome.ended}", hint="see whether the schema is as it should be"
            )
        first = first or next(iter(complaints or lines), "it failed without a word")
        match = _COMPLAINT.match(first)
        said = match["what"] if match and match["file"] in self._given else first
        more = len(complaints) - 1
        also = f" (and {more} more)" if more > 0 and not outcome.ended else ""
        return ContractctlError(f"{self._place(first)}protoc: {said}{also}", hint="mend the schema at that place")

    def _place(self, complaint: str) -> str:
        """File, line and column of what protoc complains about, as an editor counts them."""
        match = _COMPLAINT.match(complaint)
        if match is None or match["file"] not in self._given:
            return f"{next(iter(self._given.values())).name}: "
        file = self._given[match["file"]]
        if match["line"] is None:
            return f"{file.name}: "
        line, column = int(match["line"]), int(match["column"])
        return f"{file.name}:{line}:{column_of(self._texts[match['file']], line - 1, column - 1) + 1}: "


def column_of(text: str, line: int, column: int) -> int:
    """A column of protoc's, which counts bytes and jumps at tabs, in characters. All of them from 0."""
    lines = text.split("\n", line + 1)
    if line >= len(lines):
        return column
    at = 0
    for characters, character in enumerate(lines[line]):
        if at >= column:
            return characters
        at += _TAB - at % _TAB if character == "\t" else len(character.encode("utf-8", "surrogatepass"))
    return max(len(lines[line]), 0)
