"""Which service and version is a workload of a cluster? What [kubernetes] says; nothing is guessed."""

from contractctl.errors import ContractctlError
from contractctl.model.cluster import MAX_AGE_SECONDS, Naming
from contractctl.model.service import name_of
from contractctl.toml_text import Table

EXAMPLE = (
    'write [kubernetes] service_label = "app.kubernetes.io/name", version_label = "app.kubernetes.io/version", '
    'or [kubernetes.images] "registry.example.org/shop/web" = "web", whose tag is the version'
)
_MINUTE = 60.0


def read_naming(table: Table) -> Naming:
    """The table as a value. Raise ContractctlError for one that names nothing, or half of it."""
    service, version = table.text("service_label", "") or "", table.text("version_label", "") or ""
    images = table.table("images")
    found = Naming(
        service_label=service,
        version_label=version,
        images={_image(images, image): name_of(images.needed_text(image), "a service") for image in images.names()},
        not_services=table.texts("not_services"),
        max_age_seconds=_max_age(table),
    )
    table.done()
    if bool(service) != bool(version) or not (service or found.images):
        raise ContractctlError(f"{table.file}: [kubernetes] does not map workloads to versions", hint=EXAMPLE)
    return found


def _image(table: Table, image: str) -> str:
    """Without a tag: that is what differs from version to version."""
    if "@" in image or ":" in image.rpartition("/")[2]:
        raise ContractctlError(
            f"{table.file}: the image '{image}' has a tag or a digest",
            hint="write only its name, like registry.example/shop",
        )
    return image


def _max_age(table: Table) -> float:
    minutes = table.number("max_age_minutes")
    if minutes is None:
        return MAX_AGE_SECONDS
    if not 0 < minutes < float("inf"):
        raise table.wrong("max_age_minutes", "a number of minutes above 0")
    return minutes * _MINUTE
