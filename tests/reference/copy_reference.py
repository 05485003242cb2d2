"""Copy reference values into this folder in compact form.

    python tests/reference/copy_reference.py SOURCE
    python tests/reference/copy_reference.py SOURCE2 reference2

SOURCE is a folder with `metafor/`, `meta/`, `tables/` (one JSON file per dataset, as written by the
R programs listed in README.md) and `metamedian.json`. Kept are the sections named below, without
values at default tolerances and without warnings; numbers are not touched. SOURCE2 is a folder with
one folder for each of the topics named below, whose files are packed whole.
"""

import json
import lzma
import sys
from pathlib import Path

HERE = Path(__file__).parent
#: Sections that fall under what this project computes.
SECTIONS = {
    "metafor": (
        "escalc", "fits", "confint", "leave1out", "influence", "cumul", "weights", "baujat", "blup",
        "trimfill", "regtest", "ranktest", "mods", "subgroups", "permutest", "gosh", "glmm",
    ),
    "meta": ("study_ci", "pool", "predict", "subgroup", "metabias", "incr"),
    "tables": ("escalc", "fits", "confint", "mods", "regtest", "ranktest"),
}  # fmt: skip

#: Folders of the second set.
TOPICS = ("rates", "cr2", "genq", "landmark", "curves", "pi_boot", "ratios_rare")


def compact(entry):
    """An entry without the fields that nobody compares."""
    dropped = [f for f in entry if f.endswith("_default") or f in ("warnings", "coverage")]
    return {
        field: [compact(e) if isinstance(e, dict) else e for e in value]
        if isinstance(value, list)
        else value
        for field, value in entry.items()
        if field not in dropped
    }


def write(path, content):
    text = json.dumps(content, separators=(",", ":"), sort_keys=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(lzma.compress(text.encode(), preset=9 | lzma.PRESET_EXTREME))


def main(source):
    for kind, sections in SECTIONS.items():
        for path in sorted((source / kind).glob("*.json")):
            whole = json.loads(path.read_text())
            kept = {name: whole[name] for name in ("id", "versions", "data") if name in whole}
            for name in sections:
                entries = whole.get(name, [])
                kept[name] = [
                    compact(e) for e in entries
                    if not (name == "confint" and e.get("tolerance") == "default")
                ]  # fmt: skip
            write(HERE / kind / f"{path.stem}.json.xz", kept)
    write(HERE / "metamedian.json.xz", json.loads((source / "metamedian.json").read_text()))


def copy_topics(source):
    for topic in TOPICS:
        for path in sorted((source / topic).glob("*.json")):
            target = HERE / "reference2" / topic / f"{path.stem}.json.xz"
            write(target, json.loads(path.read_text()))


if __name__ == "__main__":
    copy = copy_topics if sys.argv[2:] == ["reference2"] else main
    copy(Path(sys.argv[1]))
