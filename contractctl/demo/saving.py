"""How is the table saved before a column of it goes? Row by row, as JSON lines.

Started as `python -m contractctl.demo.saving FILE`.
"""

import json
import sys
from pathlib import Path

from contractctl.demo.place import here


def main(file: Path) -> None:
    """Write every row in one snapshot, read the file back, and say how many there are."""
    with here().engine(Path()).connect() as connection, file.open("w", encoding="utf-8") as saved:
        for row in connection.exec_driver_sql("SELECT * FROM orders").mappings():
            saved.write(json.dumps(dict(row), ensure_ascii=False) + "\n")
    with file.open(encoding="utf-8") as saved:
        rows = sum("id" in json.loads(line) for line in saved)
    sys.stdout.write(f"{rows:,} orders saved\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
