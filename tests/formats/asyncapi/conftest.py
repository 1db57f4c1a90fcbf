"""Lets this folder's tests import the files which stand beside them, and the random schemas of JSON Schema's."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
sys.path.append(str(Path(__file__).parents[1] / "json_schema"))
