"""What does a version of a service provide and consume? One file for each version, which never changes again."""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path

from contractctl.errors import ContractctlError
from contractctl.model.service import Declaration, Use, name_of, version_of
from contractctl.store.texts import shown
from contractctl.store.unreadable import Unreadable, tried
from contractctl.toml_text import Table, read_toml, toml_table
from contractctl.writing import write_whole

FOLDER = "services"
IN_CHECKOUT = "service.toml"
"""The name of the declaration in a service's own repository."""

_EXAMPLE = 'write for example: [[consumes]] contract = "shop/orders", versions = ["1.0.0"]'


def path_of(contracts: Path, service: str, version: str) -> Path:
    """`contracts/services/SERVICE/VERSION.toml`. Raise ContractctlError for what is not a service or version."""
    return contracts / FOLDER / name_of(service, "a service") / f"{version_of(version)}.toml"


def read(contracts: Path, service: str, version: str) -> Declaration | None:
    """What a version of a service declares; None if there is no declaration."""
    path = path_of(contracts, service, version)
    if not path.is_file():
        return None
    table = read_toml(path, shown(path))
    found = Declaration(service, version, *_uses(table))
    table.done()
    return found


def mentioning(
    contracts: Path, versions: Iterable[tuple[str, str]], names: Iterable[str]
) -> Mapping[tuple[str, str], Declaration | Unreadable | None]:
    """The declarations of these (service, version), each on its own: None if there is none.

    One that names none of these contracts is not parsed and counts as empty: there are thousands.
    """
    wanted = [name.encode() for name in names]
    found: dict[tuple[str, str], Declaration | Unreadable | None] = {}
    for service, version in versions:
        path = path_of(contracts, service, version)
        try:
            raw = path.read_bytes()
        except FileNotFoundError:
            found[service, version] = None
            continue
        # a backslash may spell any character of a name
        named = b"\\" in raw or any(name in raw for name in wanted)
        found[service, version] = (
            tried(f"{service}@{version}", shown(path), partial(read, contracts, service, version))
            if named
            else Declaration(service, version)
        )
    return found


def declared(raw: bytes, place: str, version: str | None) -> Declaration:
    """The declaration in a service's own repository: its name, and what it provides and consumes.

    Raise ContractctlError, naming `place` and the key, if it cannot be understood.
    """
    table = toml_table(raw, place)
    name, own = table.needed_text("name"), table.text("version")
    if own and version and own != version:
        raise ContractctlError(f"{place} says that it is version '{own}', not '{version}'", hint="leave --version out")
    chosen = version or own
    if not chosen:
        raise ContractctlError(
            f"{place} has no version", hint="add --version VERSION: the version that will be deployed"
        )
    found = Declaration(name_of(name, "a service"), version_of(chosen), *_uses(table))
    table.done()
    return found


def write(contracts: Path, declaration: Declaration, origin: str) -> Path:
    """Write a declaration atomically; `origin` says where it comes from.

    The same again changes nothing. Raise ContractctlError if the version declared something else before.
    """
    path = path_of(contracts, declaration.service, declaration.version)
    before = read(contracts, declaration.service, declaration.version)
    if before == declaration:
        return path
    if before is not None:
        raise ContractctlError(
            f"{shown(path)}: {declaration.name} has declared something else before",
            hint="a version never changes: import the new one under its own number, or remove the file if the version"
            " was never deployed",
        )
    write_whole(path, _text(declaration, origin))
    return path


def _text(declaration: Declaration, origin: str) -> str:
    import tomlkit

    document = tomlkit.document()
    document.add(tomlkit.comment(f"What {declaration.name} has to do with contracts. Imported from {origin}."))
    for key, uses in (("provides", declaration.provides), ("consumes", declaration.consumes)):
        if uses:
            document.add(tomlkit.nl())
            document.add(key, tomlkit.item([_plain(use) for use in uses]))
    return tomlkit.dumps(document)


def _plain(use: Use) -> dict[str, object]:
    reads = {"reads": list(use.reads)} if use.reads else {}
    return {"contract": use.contract, "versions": list(use.versions), **reads}


def _uses(table: Table) -> Iterator[tuple[Use, ...]]:
    for key in ("provides", "consumes"):
        found = tuple(_use(one, reads=key == "consumes") for one in table.tables(key))
        names = [use.contract for use in found]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ContractctlError(
                f"{table.file}: '{key}' names '{twice}' twice", hint="name it once, with all its versions"
            )
        yield found


def _use(table: Table, *, reads: bool) -> Use:
    use = Use(table.needed_text("contract"), table.texts("versions"), table.texts("reads") if reads else ())
    if not use.versions:
        raise ContractctlError(f"{table.file}: '{use.contract}' has no versions", hint=_EXAMPLE)
    table.done()
    return use
