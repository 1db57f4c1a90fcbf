"""Which rules hold for this field? Those of its syntax or edition, unless something closer says otherwise.

https://protobuf.dev/editions/features/. Presence, packing, closed enums and delimited messages are asked of the
runtime's own descriptors; the two below are not to be had there.
"""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from google.protobuf.descriptor_pb2 import FeatureSet, FileDescriptorProto

_VERIFY, _UTF8_UNKNOWN = 2, 0
_ALLOW, _JSON_UNKNOWN = 1, 0


class _Options(Protocol):
    """Options of any kind: all have features."""

    @property
    def features(self) -> "FeatureSet": ...


@dataclass(frozen=True, slots=True)
class Features:
    """What holds at one place of a file."""

    checked: bool
    """Whether readers refuse strings that are not UTF-8."""
    json_legacy: bool
    """Whether JSON support is best effort only."""

    def within(self, options: _Options) -> "Features":
        """What holds inside something with these options."""
        own = options.features
        found = self
        if own.utf8_validation != _UTF8_UNKNOWN:
            found = replace(found, checked=own.utf8_validation == _VERIFY)
        if own.json_format != _JSON_UNKNOWN:
            found = replace(found, json_legacy=own.json_format != _ALLOW)
        return found


def of_file(file: "FileDescriptorProto") -> Features:
    """What holds in a file where nothing says otherwise."""
    old = file.syntax in {"", "proto2"}
    return Features(checked=not old, json_legacy=old).within(file.options)
