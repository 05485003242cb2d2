"""Read and write the JSON artifacts: one form, so that equal content has equal bytes."""

import json
from pathlib import Path
from typing import Any


def write_json(path: str | Path, content: object) -> None:
    """Write JSON with sorted keys, LF and no NaN (a NaN raises ValueError)."""
    Path(path).write_text(json_text(content), encoding="utf-8", newline="\n")


def json_text(content: object) -> str:
    """Content as JSON text with sorted keys and LF (a NaN raises ValueError)."""
    text = json.dumps(content, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return text + "\n"


def read_json(path: str | Path) -> Any:
    """The content of a JSON artifact."""
    return json.loads(Path(path).read_text(encoding="utf-8"))
