"""How does a JSON value look on one line?"""

import json

from contractctl.documents import Json

_MOST = 80


def shown(value: Json, *, whole: bool = False) -> str:
    """JSON text; shortened for people, unless the whole is asked for."""
    text = json.dumps(value, ensure_ascii=False)
    return text if whole or len(text) <= _MOST else f"{text[: _MOST - 1]}…"
