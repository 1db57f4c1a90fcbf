"""What becomes of several values that meet in one oneof? In binary the last one wins, and JSON refuses them all.

https://protobuf.dev/programming-guides/proto3/#oneof
"""

from collections.abc import Callable, Iterator

from contractctl.formats.protobuf.resolution.pairs import Asked, Case, Pair
from contractctl.formats.protobuf.schema.types import Field
from contractctl.model.amounts import named
from contractctl.model.verdict import Effect

_SAID = {
    "binary": ("protobuf-oneof-overwritten", Effect.MISREADS),
    "json": ("protobuf-json-oneof-conflict", Effect.FAILS),
}


def conflicts(asked: Asked, pair: Pair, read_from: Callable[[Field], Field | None], encoding: str) -> Iterator[Case]:
    """The oneofs of the reader of which the writer may send several fields at once.

    read_from: the writer's field that a reader's one takes its values from.
    """
    rule, effect = _SAID[encoding]
    for name in dict.fromkeys(field.oneof for field in pair.reader.fields if field.oneof):
        apart: dict[str, tuple[Field, Field]] = {}
        for wanted in pair.reader.fields:
            sent = read_from(wanted) if wanted.oneof == name else None
            if sent is not None:
                apart.setdefault(f"oneof {sent.oneof}" if sent.oneof else sent.name, (wanted, sent))
        if len(apart) > 1:
            (first, sent), *rest = apart.values()
            yield asked.case(
                rule,
                effect,
                pair,
                encoding=encoding,
                facts={"oneof": name, "fields": named([one.label for one, _ in apart.values()])},
                reader=first,
                writer=sent,
                others=tuple(other for _, other in rest),
            )
