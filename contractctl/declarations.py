"""What do a consumer's own files name of a contract? Read by the contract's format, for a source of evidence."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from contractctl import formats, store
from contractctl.evidence.declared_reads import DOCUMENTS, Found, Laid, Reading
from contractctl.evidence.servers import UnusableError
from contractctl.formats import Declaring, Narrowed
from contractctl.model.contract import Contract, Version


def reading(contracts: Path) -> Reading:
    """How the files of consumers are read, beside the contracts in this folder."""
    return partial(_read, contracts)


def _read(contracts: Path, laid: Laid, names: Sequence[str]) -> Found:
    contract = store.read(contracts, laid.schema)
    version = _version(contract, laid.version)
    judge = formats.load(contract.format)
    if not isinstance(judge, Declaring) or isinstance(judge, Narrowed) is not (laid.source == DOCUMENTS):
        raise UnusableError(f"missing source: {laid.source} are nothing that consumers of {contract.format} have")
    known = formats.parse(contract.format, version.source, contract.policy)
    return judge.declared(known, laid.files, names)


def _version(contract: Contract, number: str) -> Version:
    found = contract.latest if not number else next((v for v in contract.versions if str(v.number) == number), None)
    if found is None:
        raise UnusableError(f"missing source: {contract.name} has no release {number}".rstrip())
    return found
