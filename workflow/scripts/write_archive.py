"""Pack a version with everything that it was made from into one deterministic ZIP."""

import hashlib
from pathlib import Path

import yaml

from singlearm import step
from singlearm.archive import provenance, truth
from singlearm.archive.archive import (
    CHECKSUMS,
    DATA_PACKAGE,
    METADATA,
    checksum_list,
    unsafe,
    zip_bytes,
)
from singlearm.archive.crate import CrateFacts, crate_json
from singlearm.archive.datapackage import DATA_LICENSE, data_package, sheet_resource
from singlearm.catalogue import tables
from singlearm.sheets import protocol, protocol_file
from singlearm.sheets.codebook import read_codebook
from singlearm.sheets.core import SHEETS
from singlearm.sheets.csv_sheets import layout_of
from singlearm.sheets.files import TEXT_ENDINGS


def run(inputs, outputs, params):
    check_protocol(inputs.protocol, params.protocol)
    if not params.released:
        raise step.StepError(
            f"the protocol has no date for this version: add `released: YYYY-MM-DD` "
            f"under versions > {params.version}; the archive carries it as its date"
        )
    record = tables.read_json(inputs.record)
    refuse_untrue(inputs)
    files = [*params.house, *inputs.sheets, *inputs.steps, inputs.last, inputs.record]
    files += [inputs.protocol, *inputs.about, *filter(None, [inputs.get("codebook")])]
    members = {provenance.house_path(path): Path(path).read_bytes() for path in files}
    members |= recorded(record)
    refuse_unsafe(members)
    members[DATA_PACKAGE] = tables.json_text(sheets_package(inputs, params)).encode()
    members[METADATA] = crate_json(members, crate_facts(inputs, params, record))
    members[CHECKSUMS] = checksum_list(members)
    content = zip_bytes(members)
    Path(outputs.archive).write_bytes(content)
    line = f"{hashlib.sha256(content).hexdigest()}  {params.file_name}\n"
    Path(outputs.sha256).write_text(line, encoding="utf-8", newline="")


def refuse_untrue(inputs):
    """An archive is given away: its results must be those of the sheets and code beside them."""
    try:
        truth.refuse_changed([*inputs.steps, inputs.last])
    except truth.Untrue as untrue:
        raise step.StepError(f"nothing was packed; {untrue}") from untrue


def refuse_unsafe(members):
    """What could not be unpacked elsewhere is not packed: nobody could verify the archive."""
    odd = sorted(filter(unsafe, members))
    if odd:
        raise step.StepError(
            "nothing was packed: an archive cannot hold files of these names, which other systems "
            f"cannot write: {', '.join(odd)}. Rename them without : and \\"
        )


def check_protocol(path, in_effect):
    """The archive carries the file, so a run with other settings must not be archived."""
    text = Path(path).read_text(encoding="utf-8-sig")
    written = protocol.complete(protocol_file.as_texts(yaml.safe_load(text)))
    differ = sorted(
        key
        for key in written.keys() | in_effect.keys()
        if key not in ("build", "verify", "trust") and written.get(key) != in_effect.get(key)
    )
    if differ:
        raise step.StepError(
            f"the protocol in effect is not the one in {path} ({', '.join(differ)} differ): "
            "write what you gave on the command line into the file"
        )


def recorded(record):
    """The version's artifacts, each as the record says."""
    members = {}
    for path, facts in record["artifacts"].items():
        content = Path(path).read_bytes()
        if hashlib.sha256(content).hexdigest() != facts["sha256"]:
            raise step.StepError(f"{path} was changed after it was made; delete it and run again")
        members[path] = content
    return members


def sheets_package(inputs, params):
    """The descriptor of the sheets that are text, with columns from the codebook."""
    codebook = read_codebook(inputs.get("codebook"))
    resources = []
    for path in map(Path, inputs.sheets):
        sheet = path.stem.strip().casefold()
        if path.suffix.lower() in TEXT_ENDINGS and sheet in SHEETS:
            place = provenance.house_path(path)
            columns = codebook.of(SHEETS[sheet])
            layout = layout_of(path.read_bytes(), columns)
            resources.append(sheet_resource(place, sheet, path.parent.name, layout, columns))
    licensed = any(Path(path).name == DATA_LICENSE for path in inputs.about)
    return data_package(
        params.review, params.version, params.released, resources, licensed=licensed
    )


def citation_of(files, review):
    """The review's CITATION.cff; without one the authors that its protocol names."""
    for path in files:
        if Path(path).name == "CITATION.cff":
            return yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    names = review.get("authors") or ["The authors of this review"]
    return {"authors": [{"name": name} for name in names]}


def crate_facts(inputs, params, record):
    """What the crate tells: from the protocol, CITATION.cff and the record."""
    about = citation_of(inputs.about, params.review)
    packages = record["environment"]["packages"]
    steps = {facts["rule"]: facts["script"] for _, facts in sorted(record["artifacts"].items())}
    return CrateFacts(
        title=params.review["title"],
        description=params.review["question"],
        version=params.version,
        released=params.released,
        authors=about["authors"],
        layers=list(params.layers),
        results=f"results/{params.version}",
        steps=sorted(steps.items()),
        software=packages | {"python": record["environment"]["python"]},
        snakemake=packages["snakemake"],
        code_version=str(about.get("version", "")),
    )


if __name__ == "__main__":
    step.main(snakemake, run)
