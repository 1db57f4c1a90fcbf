"""Which contracts exist? Folders with a contract.toml."""

import math
import os
import re
from collections.abc import Iterator
from pathlib import Path

from contractctl.errors import ContractctlError
from contractctl.folders import visible, visible_files
from contractctl.model.contract import Contract, Party, SemanticVersion, Source, Version
from contractctl.model.verdict import Level
from contractctl.store import releases
from contractctl.store.acceptances import read_acceptances
from contractctl.store.policies import read_policy
from contractctl.store.texts import digest, shown, source, sources
from contractctl.toml_text import Table, read_toml

_MOST_LINKS = 40
CONTRACT = "contract.toml"
_FEW = 3
"""How many contracts a message names at most."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9][A-Za-z0-9._-]*)+")


def names(contracts: Path) -> tuple[str, ...]:
    """The names of the store's contracts; none if the folder does not exist. A link to some is named, and not read."""
    found = [
        folder
        for here, files, links in visible(contracts)
        for folder in ([here] if CONTRACT in files else [])
        + [here / link for link in links if _leads(contracts, here / link)]
    ]
    return tuple(sorted(folder.relative_to(contracts).as_posix() for folder in found))


def _leads(contracts: Path, link: Path) -> bool:
    """Whether a link leads to contracts; it may lead to the whole disk, too."""
    inside = link.resolve().is_relative_to(_root(contracts))
    return (link / CONTRACT).is_file() or (inside and any(path.name == CONTRACT for path in visible_files(link)))


def read(contracts: Path, name: str) -> Contract:
    """One contract with its draft and releases. Raise ContractctlError, naming file and key, if it is broken."""
    folder = demand(contracts, name)
    table = read_toml(folder / CONTRACT, shown(folder / CONTRACT))
    level = (table.text("compatibility") or Level.BACKWARD).upper()
    if level not in Level.__members__:
        raise table.wrong("compatibility", f"one of {', '.join(Level)}")
    format_name = table.needed_text("format")
    contract = Contract(
        name=name,
        format=format_name,
        owner=table.text("owner") or "",
        level=Level(level),
        draft=_draft(contracts, folder, table),
        versions=_versions(contracts, folder),
        consumers=_parties(table, "consumers"),
        producers=_parties(table, "producers"),
        policy=read_policy(table, format_name),
        strict=table.flag("strict"),
        database=table.text("database") or "",
        accepted=read_acceptances(table),
    )
    table.done()
    return contract


def demand(contracts: Path, name: str) -> Path:
    """The folder of a contract that is there. Raise ContractctlError for a name that none has."""
    folder = folder_of(contracts, name)
    if not (folder / CONTRACT).is_file():
        if (folder / CONTRACT).is_symlink() or (folder / CONTRACT).exists():
            raise ContractctlError(f"{shown(folder / CONTRACT)} is not a file", hint="put the file itself there")
        raise ContractctlError(f"there is no contract '{name}'{_likely(contracts, name)}", hint="contractctl list")
    return folder


def read_all(contracts: Path) -> tuple[Contract, ...]:
    """Every contract of the store, by name."""
    return tuple(read(contracts, name) for name in names(contracts))


def draft_paths(contracts: Path, name: str) -> tuple[Path, ...]:
    """The files of a contract's draft, links followed, the main file first; empty if it has none."""
    return tuple(path.resolve() for path in _drafts_as_given(contracts, name))


def draft_links(contracts: Path, name: str) -> tuple[Path, ...]:
    """The links on the way to a contract's draft: changing the target of one changes the draft."""
    return tuple(link for path in _drafts_as_given(contracts, name) for link in _links(path))


def _drafts_as_given(contracts: Path, name: str) -> list[Path]:
    folder = folder_of(contracts, name)
    given = read_toml(folder / CONTRACT, shown(folder / CONTRACT)).text_or_texts("draft")
    return [folder / one for one in given]


def _links(path: Path) -> Iterator[Path]:
    """Each link in its real folder, one after the other. Circular links end somewhere."""
    for _ in range(_MOST_LINKS):
        path = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow them
        link = next((one for one in (*reversed(path.parents), path) if one.is_symlink()), None)
        if link is None:
            return
        yield link
        path = link.parent / link.readlink() / path.relative_to(link)


def of_path(contracts: Path, path: Path) -> tuple[str, ...]:
    """The contracts to which a file or folder belongs, or whose folder or draft lies in it, by name."""
    asked = path.resolve()
    return tuple(
        name
        for name in names(contracts)
        if any(one == asked or one in asked.parents or asked in one.parents for one in _places(contracts, name))
    )


def _places(contracts: Path, name: str) -> tuple[Path, ...]:
    """A contract's folder and its draft; where nobody can read which that is, the folder alone."""
    try:
        drafts = draft_paths(contracts, name)
    except (ContractctlError, OSError):
        drafts = ()
    return ((contracts / name).resolve(), *drafts)


def version_path(contracts: Path, name: str, number: SemanticVersion) -> Path | None:
    """The file or folder of a release; None if there is none."""
    return releases.path_of(folder_of(contracts, name) / releases.VERSIONS, number)


def release_path(contracts: Path, name: str, number: SemanticVersion, source_: Source) -> Path:
    """The file or folder that a text becomes as a version of a contract."""
    return releases.place_of(folder_of(contracts, name) / releases.VERSIONS, number, source_)


def release(contracts: Path, name: str, number: SemanticVersion, source_: Source) -> Path:
    """Freeze a text as a version of a contract; releases.freeze() says how."""
    return releases.freeze(folder_of(contracts, name) / releases.VERSIONS, number, source_)


def withdraw(contracts: Path, name: str, number: SemanticVersion, text: str) -> None:
    """Take a release back; releases.withdraw() says when."""
    releases.withdraw(folder_of(contracts, name) / releases.VERSIONS, number, text)


def broken_releases(contracts: Path, name: str) -> tuple[tuple[str, str], ...]:
    """What is not as it was released: pairs of a rule (release-edited, -deleted, -unrecorded) and a file."""
    return releases.broken(folder_of(contracts, name) / releases.VERSIONS)


def folder_of(contracts: Path, name: str) -> Path:
    """The folder of a contract. Raise ContractctlError for what is not a valid contract name, or lies behind a link."""
    for folder in (contracts / name, *(contracts / name).parents):
        if folder == contracts:
            break
        if folder.is_symlink():
            raise ContractctlError(
                f"{shown(folder)} is a link to a folder, which git does not follow: what changes there is not seen",
                hint="put the folder itself there",
            )
    if not _NAME.fullmatch(name):
        raise ContractctlError(
            f"'{name}' is not a valid contract name{_likely(contracts, name)}",
            hint="a name is domain/name, such as orders/order-placed: contractctl list",
        )
    return contracts / name


def _draft(contracts: Path, folder: Path, table: Table) -> Source | None:
    paths = [folder / one for one in table.text_or_texts("draft")]
    for path in paths:
        if not path.exists():
            raise table.wrong("draft", f"a file or folder that is there; {shown(path)} is not")
        if (path / CONTRACT).exists():
            raise table.wrong("draft", f"a file, or a folder that holds the draft and nothing else, no {CONTRACT}")
        if len(paths) > 1 and path.is_dir():
            raise table.wrong("draft", "one folder, or a list of files")
    if len(paths) > 1:
        return sources(paths, within=_root(contracts))
    return source(paths[0], within=_root(contracts)) if paths else None


def _versions(contracts: Path, folder: Path) -> tuple[Version, ...]:
    root = _root(contracts)
    found = sorted(
        (number, source(path, within=root)) for path, number in releases.numbered(folder / releases.VERSIONS)
    )
    return tuple(Version(number, digest(text), text) for number, text in found)


def _parties(table: Table, key: str) -> tuple[Party, ...]:
    parties: dict[str, Party] = {}
    for one in table.tables(key):
        party = _party(one)
        if party.name in parties:
            raise one.wrong("name", f"a name that no other of the {key} has")
        parties[party.name] = party
    return tuple(parties.values())


def _party(table: Table) -> Party:
    party = Party(
        name=table.needed_text("name"),
        reads=table.texts("reads"),
        versions=table.texts("versions"),
        cadence_days=_cadence(table),
        migrated=table.flag("migrated"),
        exempt=table.text("exempt"),
        retired=table.flag("retired"),
    )
    table.done()
    return party


def _cadence(table: Table) -> float | None:
    days = table.number("cadence_days")
    if days is not None and not 0 < days < math.inf:
        raise table.wrong("cadence_days", "a number of days above 0")
    return days


def _root(contracts: Path) -> Path:
    """The repository's folder; without a repository, the folder around the store."""
    resolved = contracts.resolve()
    return next((folder for folder in resolved.parents if (folder / ".git").exists()), resolved.parent)


def _likely(contracts: Path, name: str) -> str:
    import difflib

    known = [one for one in names(contracts) if one != name]
    owners = of_path(contracts, Path(name)) if Path(name).exists() else ()
    if owners:
        more = f" and {len(owners) - _FEW} more" if len(owners) > _FEW else ""
        return f": that path belongs to {', '.join(map(repr, owners[:_FEW]))}{more}"
    near = [one for one in known if one.rpartition("/")[2] == name] or difflib.get_close_matches(name, known, n=1)
    return f": did you mean '{near[0]}'?" if near else ""
