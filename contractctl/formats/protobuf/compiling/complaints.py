"""What does protoc complain about, in one sentence with file, line and column?"""

import re
from collections.abc import Mapping

from contractctl.errors import ContractctlError
from contractctl.formats.protobuf.compiling.protoc import Outcome
from contractctl.model.contract import File

_COMPLAINT = re.compile(r"^(?P<file>.+?)(?::(?P<line>\d+):(?P<column>\d+))?: (?P<what>.+)$")
_TALK = re.compile(r"^(WARNING: All log messages|[WEIF]\d{4} |.*: warning: )")
_TAB = 8


def refusal(outcome: Outcome, given: Mapping[str, File]) -> ContractctlError:
    """The first complaint that says what is wrong, and how many more there are."""
    lines = [line for line in outcome.said.splitlines() if line.strip() and not _TALK.match(line)]
    complaints = [line for line in lines if (match := _COMPLAINT.match(line)) and match["file"] in given]
    first = next((line for line in complaints if "was not found or had errors" not in line), None)
    if first is None and outcome.ended:
        name = next(iter(given.values())).name
        return ContractctlError(
            f"{name}: protoc failed on it: it {outcome.ended}",
            hint="simplify the schema or split it in two: protoc itself fails on it",
        )
    first = first or next(iter(complaints or lines), "it failed without a message")
    match = _COMPLAINT.match(first)
    said = match["what"] if match and match["file"] in given else first
    more = len(complaints) - 1
    also = f" (and {more} more)" if more > 0 and not outcome.ended else ""
    return ContractctlError(f"{place(first, given)}protoc: {said}{also}", hint="fix the schema at that place")


def place(complaint: str, given: Mapping[str, File]) -> str:
    """File, line and column of a complaint, as an editor counts them, with a colon behind each."""
    match = _COMPLAINT.match(complaint)
    if match is None or match["file"] not in given:
        return f"{next(iter(given.values())).name}: "
    file = given[match["file"]]
    if match["line"] is None:
        return f"{file.name}: "
    line, column = int(match["line"]), int(match["column"])
    text = file.text.removeprefix("\ufeff")
    return f"{file.name}:{line}:{column_of(text, line - 1, column - 1) + 1}: "


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
    return len(lines[line])
