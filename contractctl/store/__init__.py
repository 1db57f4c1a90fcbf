"""Which contracts exist, in which versions? Folders with a contract.toml; releases that never change again."""

from contractctl.store.acceptances import read_acceptances
from contractctl.store.contracts import (
    CONTRACT,
    broken_releases,
    demand,
    draft_links,
    draft_paths,
    folder_of,
    names,
    of_path,
    read,
    read_all,
    release,
    release_path,
    version_path,
    withdraw,
)
from contractctl.store.policies import read_policy
from contractctl.store.releases import SUMS, VERSIONS
from contractctl.store.texts import digest, shown, source, with_lf
from contractctl.store.unreadable import Unreadable, parted, read_each, tried

__all__ = [
    "CONTRACT",
    "SUMS",
    "VERSIONS",
    "Unreadable",
    "broken_releases",
    "demand",
    "digest",
    "draft_links",
    "draft_paths",
    "folder_of",
    "names",
    "of_path",
    "parted",
    "read",
    "read_acceptances",
    "read_all",
    "read_each",
    "read_policy",
    "release",
    "release_path",
    "shown",
    "source",
    "tried",
    "version_path",
    "with_lf",
    "withdraw",
]
