"""What does a text of JSON or YAML say, and on which line does it say it?"""

from contractctl.documents.bounds import MOST_CHARACTERS, MOST_LEVELS, Json, Pointer, decode
from contractctl.documents.json_text import known_json, locate_json, read_json

__all__ = [
    "MOST_CHARACTERS",
    "MOST_LEVELS",
    "Json",
    "Pointer",
    "decode",
    "is_yaml",
    "known_json",
    "locate",
    "locate_json",
    "read",
    "read_all",
    "read_json",
]


def is_yaml(name: str) -> bool:
    """Whether a file of that name holds YAML; any other name means JSON."""
    return name.lower().endswith((".yaml", ".yml"))


def read(text: str | bytes, name: str) -> Json:
    """The value of a text, as its file's name says: YAML or JSON. Raise ContractctlError as both readers do."""
    if not is_yaml(name):
        return read_json(text, name)
    from contractctl.documents.yaml_text import read_yaml  # most contracts are JSON

    return read_yaml(text, name)


def read_all(text: str | bytes, name: str) -> list[Json]:
    """As read(); where it is YAML, every document of it."""
    if not is_yaml(name):
        return [read_json(text, name)]
    from contractctl.documents.yaml_text import read_yaml_documents  # as above

    return read_yaml_documents(text, name)


def locate(text: str, name: str, pointer: Pointer) -> tuple[int, int]:
    """Line and column, from 1, of the value at a pointer; of its nearest parent that is there otherwise."""
    if not is_yaml(name):
        return locate_json(text, pointer)
    from contractctl.documents.yaml_known import locate_yaml  # as above

    return locate_yaml(text, name, pointer)
