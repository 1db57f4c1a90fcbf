"""Which commands are there, and what does `contractctl --help` say about each? One module here per command."""

from collections.abc import Mapping
from importlib import import_module
from types import ModuleType

COMMANDS: Mapping[str, str] = {
    "init": "Set up a repository: find its schemas, write contract.toml files and CI files.",
    "check": "Check whether the new version is compatible: contracts, what changed since a git commit, or two files.",
    "diff": "Show what changed between two versions, in words.",
    "explain": "Show a rule's page: what breaks for whom, and how to resolve it.",
    "release": "Freeze the draft as the next version.",
    "list": "List the contracts.",
    "show": "Show one contract, or one of its versions.",
    "log": "Show who released what, and when.",
    "matrix": "Show which versions are compatible with which.",
    "plan": "Write the staged path to the draft: plan file, intermediate versions, revisions.",
    "migrate": "Run a plan's stages; each is resumable and safe to repeat.",
    "evidence": "Collect observations for the gates.",
    "gate": "Decide from evidence, offline, whether a stage may begin.",
    "record-deployment": "Record that a version of a service is live in an environment.",
    "record-undeployment": "Record that a version of a service is no longer live in an environment.",
    "can-i-deploy": "Check whether a version may be deployed, given everything that is live there.",
    "environment": "Show which versions of services are live where.",
    "service": "Import what services declare and what a Pact broker has verified.",
    "notify": "Send the journal's events to a receiver, each at least once.",
    "serve": "Answer gate and can-i-deploy over HTTP.",
    "convert": "Convert events between versions, up or down.",
    "demo": "Run one breaking change from start to end on this machine, in under two minutes.",
}
"""Each is described by the first line of its own help."""


def module_of(name: str) -> ModuleType:
    """The module whose `command` is this command; loaded only when it is used."""
    return import_module(f"{__name__}.{name.replace('-', '_')}")
