"""How is a text compiled whose imports are missing? With stand-ins for what they would define.

A stand-in is a message that may hold anything, and nothing that depends on it is ever called compatible.
"""

import re
from collections.abc import Mapping
from typing import NoReturn

from contractctl.errors import ContractctlError
from contractctl.formats.protobuf.compiling.complaints import place, refusal
from contractctl.formats.protobuf.compiling.imports import STAND_INS, package_of, stand_ins
from contractctl.formats.protobuf.compiling.protoc import Outcome, compiled
from contractctl.formats.protobuf.compiling.tokens import without_custom_options
from contractctl.model.contract import File

_MOST_PASSES = 60
_NO_FILE = re.compile(r"^(?P<name>.+): File not found\.$", re.MULTILINE)
_BAD_PATH = re.compile(
    r"^(?P<name>.+): Backslashes, consecutive slashes, .+ are not allowed in the virtual path$", re.MULTILINE
)
_UNDEFINED = re.compile(r'^(?P<file>.+?)(?::\d+:\d+)?: "(?P<name>[\w.]+)" is not (?:defined|a type)\.$', re.MULTILINE)
_RESOLVED = re.compile(r': "[\w.]+" is resolved to "(?P<name>[\w.]+)", which is not defined\.')
_ELSEWHERE = re.compile(r': "[\w.]+" seems to be defined in "(?P<file>[^"]+)", which is not imported by')
_IMPORT_FAILED = re.compile(
    r'^(?P<file>.+?):\d+:\d+: Import "(?P<name>[^"]+)" was not found or had errors\.$', re.MULTILINE
)
_GIVEN = re.compile(
    rf'^(?P<file>.+?):\d+:\d+: "(?P<name>[\w.]+)" is already defined in file "{re.escape(STAND_INS)}', re.MULTILINE
)


class Compilation:
    """Texts on their way through protoc, again and again until nothing is missing."""

    def __init__(self, given: Mapping[str, File]) -> None:
        self._given = given
        self._texts = {name: file.text.removeprefix("\ufeff") for name, file in given.items()}
        self._imports: dict[str, None] = {}
        self._types: dict[str, str] = {}
        self._beside: dict[str, None] = {}

    def run(self) -> bytes:
        """A serialized FileDescriptorSet with the stand-ins in it. Raise ContractctlError where protoc refuses it."""
        for _ in range(_MOST_PASSES):
            texts = {**self._texts, **stand_ins(self._imports, self._types, self._beside)}
            outcome, result = compiled(texts, list(self._texts), "--include_imports")
            if outcome.ok:
                return result
            if not self._makes_up_for(outcome):
                break
        raise refusal(outcome, self._given)

    def _makes_up_for(self, outcome: Outcome) -> bool:
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
        said = self._of_sound_imports(outcome.said)
        for match in _UNDEFINED.finditer(said):
            name = match["name"].removeprefix(".")
            package = package_of(self._texts.get(match["file"], ""))
            full = f"{package}.{name}" if "." not in match["name"] and package else name
            self._types[full] = name
        for match in _RESOLVED.finditer(said):
            self._types[match["name"]] = match["name"]
        for match in _ELSEWHERE.finditer(said):
            self._beside[match["file"]] = None
        for match in _GIVEN.finditer(said):
            self._types.pop(match["name"], None)
            self._beside[match["file"]] = None
        return before != (len(self._imports), len(self._types), len(self._beside))

    def _of_sound_imports(self, said: str) -> str:
        """What is said of files whose given imports compile: what another one misses, those may define once they do."""
        failed = {match["file"] for match in _IMPORT_FAILED.finditer(said) if match["name"] in self._given}
        return "\n".join(line for line in said.splitlines() if line.partition(":")[0] not in failed)

    def _refuse_way_out(self, name: str, outcome: Outcome) -> NoReturn:
        """An import that would lead out of the given files."""
        complaint = next((line for line in outcome.said.splitlines() if f'"{name}"' in line), "")
        raise ContractctlError(
            f'{place(complaint, self._given)}import "{name}" leads outside the given files',
            hint="import files by their names from the root of the schemas, without '..' and '/' in front",
        )
