"""What is a contract, and what is a version of it?"""

import re
from dataclasses import dataclass

from contractctl.errors import ContractctlError
from contractctl.model.verdict import Level

_SEMANTIC = re.compile(r"(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})\.(0|[1-9]\d{0,8})")


@dataclass(frozen=True, slots=True, order=True)
class SemanticVersion:
    """major.minor.patch, ordered as https://semver.org (section 11) orders them; no pre-releases."""

    major: int
    minor: int
    patch: int

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}.{self.patch}"

    @classmethod
    def parse(cls, text: str) -> "SemanticVersion":
        """Raise ContractctlError where the text is no semantic version."""
        match = _SEMANTIC.fullmatch(text)
        if match is None:
            raise ContractctlError(
                f"'{text}' is no semantic version", hint="write major.minor.patch, for example 1.4.0"
            )
        return cls(*(int(part) for part in match.groups()))

    def bump(self, part: str) -> "SemanticVersion":
        """The next version: part is major, minor or patch."""
        if part == "major":
            return SemanticVersion(self.major + 1, 0, 0)
        if part == "minor":
            return SemanticVersion(self.major, self.minor + 1, 0)
        return SemanticVersion(self.major, self.minor, self.patch + 1)


@dataclass(frozen=True, slots=True)
class File:
    """One file of a version: its name for messages, its text."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Source:
    """The text of one version of a contract: one file, or several that refer to each other."""

    files: tuple[File, ...]
    """Sorted by name; the first is the main one where a format has a main file."""

    @property
    def name(self) -> str:
        return self.files[0].name


@dataclass(frozen=True, slots=True)
class Version:
    """One released, immutable state of a contract."""

    number: SemanticVersion
    digest: str
    """sha256 over the version's files, hexadecimal."""
    source: Source


@dataclass(frozen=True, slots=True)
class Party:
    """A consumer or producer of a contract, as contract.toml declares it."""

    name: str
    reads: tuple[str, ...] = ()
    """Paths of fields or columns that it reads; empty means all of them."""
    versions: tuple[str, ...] = ()
    """Versions of the contract that it is known to use; empty means any."""
    cadence_days: float | None = None
    """How often it runs, in days, where it does not run all the time."""
    migrated: bool = False
    """Its owner declares that it no longer reads what is being removed."""
    exempt: str | None = None
    """Why its reads do not count, where they do not."""
    retired: bool = False


@dataclass(frozen=True, slots=True)
class Contract:
    """A named schema that others depend on."""

    name: str
    """`domain/name`: its folder below the store."""
    format: str
    owner: str
    level: Level
    draft: Source | None
    versions: tuple[Version, ...]
    """Released, oldest first."""
    consumers: tuple[Party, ...] = ()
    producers: tuple[Party, ...] = ()
    dialect: str | None = None
    """For sql: postgresql, mysql or sqlite."""
    strict: bool = False
    """Whether data loss breaks, too."""

    @property
    def latest(self) -> Version | None:
        return self.versions[-1] if self.versions else None
