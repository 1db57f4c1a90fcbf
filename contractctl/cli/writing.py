"""How is a file written, so that it is there whole or not at all?"""

from pathlib import Path


def write_whole(path: Path, text: str) -> None:
    """Write the text beside the file and put it in its place. A device or a pipe is written as it is."""
    if path.exists() and not path.is_file():
        path.write_text(text, encoding="utf-8")
        return
    place = path.resolve()  # a link stays one
    scratch = place.with_name(f".{place.name}.part")
    try:
        scratch.write_text(text, encoding="utf-8")
        scratch.replace(place)
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        scratch.unlink(missing_ok=True)
