"""What is a contract, and what is a version of it?"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from contractctl.errors import ContractctlError
from contractctl.model.acceptance import Acceptance
from contractctl.model.verdict import Level

DRAFT = "draft"
"""How the draft is named where others are named by their version."""
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
        """Raise ContractctlError where the text is not a semantic version."""
        match = _SEMANTIC.fullmatch(text)
        if match is None:
            raise ContractctlError(
                f"'{text}' is not a semantic version", hint="write major.minor.patch, for example 1.4.0"
            )
        return cls(*(int(part) for part in match.groups()))

    def bump(self, part: str) -> "SemanticVersion":
        """The next version: part is major, minor or patch."""
        if part == "major":
            return SemanticVersion(self.major + 1, 0, 0)
        if part == "minor":
            return SemanticVersion(self.major, self.minor + 1, 0)
        return SemanticVersion(self.major, self.minor, self.patch + 1)


CONTENT_MODELS = ("strict", "open")
FORMATS_AS = ("annotation", "assertion")
COLUMNS = ("named", "positional")
ENCODINGS = ("binary", "json", "source")
DATED = frozenset({"openapi"})
"""Formats whose verdicts depend on the day."""
CHOICES: Mapping[str, tuple[str, ...]] = {
    "asyncapi": (),
    "avro": (),
    "graphql": (),
    "json-schema": ("content_model", "formats"),
    "openapi": (),
    "protobuf": ("encodings",),
    "sql": ("dialect", "columns"),
}
"""Which parts of a policy apply to which format."""


@dataclass(frozen=True, slots=True)
class Policy:
    """How a contract's versions are judged, where its format leaves a choice."""

    dialect: str | None = None
    """For sql: postgresql, mysql or sqlite; if None, it is recognised from the text."""
    content_model: str = "strict"
    """For json-schema: strict, or open, where writers of new properties take names that nobody else used."""
    formats: str = "annotation"
    """For json-schema: whether `format` and `content*` only inform (annotation) or are enforced (assertion)."""
    encodings: tuple[str, ...] = ("binary", "json")
    """For protobuf: any of binary, json and source; in this order, each once."""
    columns: str = "named"
    """For sql: whether all statements name their columns, or some take them by position (positional)."""
    today: str | None = None
    """For openapi: the day, YYYY-MM-DD; what was announced to be removed by then may be removed. None: not yet."""

    def __post_init__(self) -> None:
        for name, value, known in (
            ("content_model", self.content_model, CONTENT_MODELS),
            ("formats", self.formats, FORMATS_AS),
            ("columns", self.columns, COLUMNS),
        ):
            if value not in known:
                raise ContractctlError(f"{name} = '{value}' is not a policy", hint=f"one of: {', '.join(known)}")
        if not self.encodings or self.encodings != tuple(one for one in ENCODINGS if one in self.encodings):
            raise ContractctlError(
                f"encodings = '{', '.join(self.encodings)}' is not a policy",
                hint=f"any of {', '.join(ENCODINGS)}, in this order",
            )

    def chosen(self, format_name: str) -> Mapping[str, tuple[str, ...]]:
        """The choices that a format's verdicts depend on, by name. A dialect is none: it belongs to the text."""
        named = {name: getattr(self, name) for name in CHOICES.get(format_name, ()) if name != "dialect"}
        return {name: value if isinstance(value, tuple) else (value,) for name, value in named.items()}


@dataclass(frozen=True, slots=True)
class File:
    """One file of a version: its name for messages, its text."""

    name: str
    text: str
    """Empty where the file is not UTF-8 text."""
    data: bytes | None = None
    """The bytes of a file that is not UTF-8 text: a compiled descriptor set, say."""
    _content: bytes | None = field(default=None, init=False, compare=False, repr=False)
    """What it was read from: this saves encoding megabytes again for a digest. A copy with another text has none."""

    @classmethod
    def of(cls, name: str, content: bytes) -> "File":
        """A file as it lies on the disk or in git; `content` gives back the same bytes."""
        try:
            return _from(content, cls(name, content.decode()))
        except UnicodeDecodeError:
            return cls(name, "", content)

    def named(self, name: str) -> "File":
        """The same file under another name."""
        return _from(self._content, File(name, self.text, self.data))

    @property
    def in_lfs(self) -> bool:
        """Whether only the pointer of a file in Git LFS is here:
        https://github.com/git-lfs/git-lfs/blob/main/docs/spec.md#the-pointer.
        """
        return self.text.startswith("version https://git-lfs.github.com/spec/")

    @property
    def content(self) -> bytes:
        read = self.data if self._content is None else self._content
        return self.text.encode("utf-8", "surrogatepass") if read is None else read


def _from(content: bytes | None, file: File) -> File:
    """The file, read from this."""
    object.__setattr__(file, "_content", content)
    return file


@dataclass(frozen=True, slots=True)
class Source:
    """The text of one version of a contract: one file, or several that refer to each other."""

    files: tuple[File, ...]
    """Sorted by name; the first is the main one where a format has a main file."""
    companions: tuple[File, ...] = ()
    """Other files that these refer to: they count only as far as these refer to them."""
    folder: str = ""
    """The folder of the files, with which their names begin; empty if they do not come from one folder."""

    @property
    def name(self) -> str:
        return self.files[0].name

    @property
    def every(self) -> tuple[File, ...]:
        """The files, then their companions, in the order that the first part of a pointer counts."""
        return self.files + self.companions

    def path(self, file: File) -> str:
        """Where a file lies inside the version, as the version's other files refer to it."""
        return file.name.removeprefix(f"{self.folder}/") if self.folder else file.name


@dataclass(frozen=True, slots=True)
class Version:
    """One released, immutable state of a contract."""

    number: SemanticVersion
    digest: str
    """sha256 over the version's files, hexadecimal."""
    source: Source


@dataclass(frozen=True, slots=True)
class Reading:
    """What a live version declares that it reads of a contract."""

    version: str
    reads: tuple[str, ...] = ()
    """Empty means all of it."""


@dataclass(frozen=True, slots=True)
class Party:
    """A consumer or producer of a contract, as contract.toml declares it."""

    name: str
    reads: tuple[str, ...] = ()
    """Paths of fields or columns that it reads; empty means all of them."""
    versions: tuple[str, ...] = ()
    """Versions of the contract that it is known to use; empty means any."""
    cadence_days: float | None = None
    """How often it runs, in days, if it does not run all the time."""
    migrated: bool = False
    """Whether its owner declares that it no longer reads what is being removed."""
    exempt: str | None = None
    """Why its reads do not count, if they do not."""
    retired: bool = False
    live: tuple[Reading, ...] = ()
    """What its recorded live versions declare; contract.toml may say something else about them."""


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
    """The releases, oldest first."""
    consumers: tuple[Party, ...] = ()
    producers: tuple[Party, ...] = ()
    policy: Policy = Policy()
    strict: bool = False
    """Whether data loss counts as breaking, too."""
    database: str = ""
    """Which of several databases holds the table, by its name in contractctl.toml."""
    accepted: tuple[Acceptance, ...] = ()
    """Findings that do not fail `check`; nothing else that asks about compatibility considers them."""

    @property
    def latest(self) -> Version | None:
        return self.versions[-1] if self.versions else None
