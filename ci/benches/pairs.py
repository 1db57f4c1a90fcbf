"""How many pairs of versions are judged in a second, in one process after import? Made ones, and real ones."""

import json
import time
from collections.abc import Iterator
from functools import cache
from hashlib import sha256
from pathlib import Path

from generated import GENERATORS
from measuring import SHARED, Row, seconds

from contractctl.compatibility import Terms, compare, compare_sources
from contractctl.errors import ContractctlError
from contractctl.formats import FORMATS
from contractctl.formats.companions import Near, companions
from contractctl.model.contract import File, Source
from contractctl.model.verdict import Status

FIELDS, TIMES = 100, 100
CORPORA = {
    "iglu-central": "json-schema",
    "openlineage": "json-schema",
    "schemastore-hist": "json-schema",
    "radar-avsc": "avro",
    "navikt-avsc": "avro",
    "otel-proto": "protobuf",
}


def measure(folder: Path) -> Iterator[Row]:
    """Both directions of each pair. What was read before is read again: each pair is one that nobody has seen."""
    del folder
    for name in GENERATORS:
        if name in FORMATS:
            yield from _made(name)
    yield from _large_objects()
    for corpus, format_name in CORPORA.items():
        yield from _real(corpus, format_name)


def _made(name: str) -> Iterator[Row]:
    write, _, _ = GENERATORS[name]
    old = write("Thing", FIELDS)
    texts = [old.replace("field_1", f"renamed{number}_1", 1) for number in range(TIMES)]
    read = seconds(lambda: [sha256(one.encode()).hexdigest() for text in texts for one in (old, text)])
    compare(old, texts[0] + " ", format=name)
    for witnesses in (False, True):
        began = time.process_time()
        for text in texts:
            compare(old + " " * witnesses, text + " " * witnesses, format=name, witnesses=witnesses)
        taken = time.process_time() - began
        what = f"{name}, {FIELDS} fields, {'with' if witnesses else 'without'} witnesses"
        yield what, f"{TIMES / taken:,.0f} pairs/s", f"{taken / read:.0f} × hashing both texts"


def _large_objects() -> Iterator[Row]:
    """JSON Schema: two objects of 300 properties, one of them changed; the bar is 30 ms."""
    properties = {f"p{number}": {"type": "string", "description": "…"} for number in range(300)}
    schema = {"type": "object", "required": list(properties)[::2], "additionalProperties": False}
    old = json.dumps({**schema, "properties": properties})
    times = []
    for number in range(20):
        changed = {**properties, f"p{number}": {"type": "integer"}}
        new = json.dumps({**schema, "properties": changed})
        began = time.process_time()
        compare(old, new, format="json-schema", witnesses=False)
        times.append(time.process_time() - began)
    yield "json-schema, 300 properties, both directions", f"{min(times) * 1000:.0f} ms", "bar: 30 ms"


def _real(corpus: str, format_name: str) -> Iterator[Row]:
    """Pairs of public contracts among those that they refer to; how many get an answer in each direction."""
    folders = sorted(path.parent for path in (SHARED / "corpora" / corpus).glob("*/*/meta.json"))
    if not folders:
        yield corpus, "not here", f"shared/corpora/{corpus} lies beside the checkout where it is"
        return
    pairs = [_pair(folder, format_name, _near(folders, _meta(folder))) for folder in folders]
    answered = {"backward": 0, "forward": 0}
    shown = found = refused = 0
    taken = 0.0
    for old, new in pairs:
        began = time.process_time()
        try:
            verdict = compare_sources(old, new, format_name, Terms(witnesses=False))
        except ContractctlError:
            refused += 1
            continue
        finally:
            taken += time.process_time() - began
        for direction in answered:
            answered[direction] += getattr(verdict, direction).status is not Status.UNKNOWN
        proven = compare_sources(old, new, format_name, Terms())
        for answer in (proven.backward, proven.forward):
            if answer.status is Status.INCOMPATIBLE:
                found += 1
                shown += any(finding.witness for finding in answer.findings)
    share = " and ".join(f"{count / len(folders):.1%} {direction}" for direction, count in answered.items())
    yield (
        f"{corpus}, {len(folders)} pairs",
        f"{len(folders) / taken:,.0f} pairs/s",
        f"answered {share}; {refused} refused; {shown} of {found} 'incompatible' shown by a witness",
    )


def _near(folders: list[Path], commit: dict[str, str]) -> Near:
    """What the repository held at a pair's commit, as far as the pairs tell, and what it has published.

    Of each file that is the last text before the commit, or the first one after it.
    """
    contents: dict[str, bytes] = {}
    for folder in sorted(folders, key=lambda one: (_meta(one).get("date", ""), str(one.parent), int(one.name))):
        meta = _meta(folder)
        if meta.get("date", "") <= commit.get("date", ""):
            contents[_path(folder)] = _side(folder, "new").read_bytes()
        else:
            contents.setdefault(_path(folder), _side(folder, "old").read_bytes())
        for side in ("old", "new"):  # what was published under an address of its own stays there
            contents[f"published/{folder.parent.name}/{folder.name}/{side}.json"] = _side(folder, side).read_bytes()
    return Near(contents.get, lambda: list(contents))


@cache
def _meta(folder: Path) -> dict[str, str]:
    return dict(json.loads((folder / "meta.json").read_bytes()))


def _pair(folder: Path, format_name: str, near: Near) -> tuple[Source, Source]:
    old, new = (File.of(_path(folder), _side(folder, side).read_bytes()) for side in ("old", "new"))
    if format_name == "protobuf":  # a file that is older than those that import it is none that protoc takes
        return Source((old,)), Source((new,))
    return Source((old,), companions(format_name, old, near)), Source((new,), companions(format_name, new, near))


def _path(folder: Path) -> str:
    return _meta(folder).get("path") or _side(folder, "new").name


def _side(folder: Path, side: str) -> Path:
    return next(folder.glob(f"{side}.*"))
