"""Compute results again in a folder of their own and hold them against what is there."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path, PurePosixPath

from singlearm import step
from singlearm.archive import archive, provenance
from singlearm.archive.datapackage import DATA_LICENSE
from singlearm.report import comparison
from singlearm.sheets.files import SHEET_LIKE

#: Members of an archive that nothing runs: what the review says of itself, and the descriptors.
ABOUT = ("README.md", "LICENSE", DATA_LICENSE, "CITATION.cff", "config/config.yaml")
ABOUT += ("config/codebook.csv", archive.CHECKSUMS, archive.DATA_PACKAGE, archive.METADATA)
#: Endings of sheets and of the notes beside them.
DATA = (*SHEET_LIKE, ".md")
#: Folders in which any file may be part of the code.
CODE = ("workflow", "profiles")


def run(inputs, outputs, params):  # noqa: ARG001
    """Verify an archive where one is named, else the results as they lie here."""
    if params.archive:
        step.tell(verify_archive(Path(params.archive), params))
    else:
        step.tell(verify_here(inputs, params))


def verify_archive(path, params):
    """An archive: each byte of it, then its results by its own code, sheets and protocol."""
    if not path.is_file():
        raise step.StepError(f"there is no archive {path}")
    content = path.read_bytes()
    beside = path.with_name(f"{path.name}.sha256")
    listed = beside.read_text(encoding="utf-8").split()[:1] if beside.is_file() else None
    faults = archive.archive_faults(content)
    if not faults and listed not in (None, [hashlib.sha256(content).hexdigest()]):
        faults = [f"the archive itself: its checksum is not the one in {beside.name}"]
    refuse(path, faults)
    members, _ = archive.read_zip(content)
    versions = recorded_versions(members)
    if not versions:
        raise step.StepError(f"{path} holds no results with a provenance record")
    ask_for_trust(path, members, params)
    with tempfile.TemporaryDirectory(prefix="verify-") as folder:
        house = Path(folder)
        for name, data in members.items():
            if not name.startswith("results/"):
                (house / name).parent.mkdir(parents=True, exist_ok=True)
                (house / name).write_bytes(data)
        compute(house, versions, params.cores)
        return [f"{path}: whole; computed again by the code in it"] + [
            compare(version, members, house, f"{path}, ") for version in versions
        ]


def ask_for_trust(path, members, params):
    """An archive is computed by the code in it: not before its user said so, if it is not ours.

    Whatever is not known to be data counts as code: the interpreter takes modules from the folder
    that it works in, and the workflow manager its settings.
    """
    ours = {provenance.house_path(file): content for file, content in params.house.items()}
    other = sorted(
        name
        for name, content in members.items()
        if not is_data(name) and hashlib.sha256(content).hexdigest() != ours.get(name)
    )
    if other and not params.trust:
        shown = ", ".join(other[:3]) + (f" and {len(other) - 3} more" if len(other) > 3 else "")
        raise step.StepError(
            f"{path} is whole, but verifying it runs the code in it, which is not this workflow's "
            f"({shown}). If you trust where it comes from: --config verify={path} trust=yes"
        )


def is_data(name):
    """Whether a member is read as data alone, if at all (results are not even unpacked)."""
    path = PurePosixPath(name)
    if name in ABOUT or name.startswith("results/"):
        return True
    hidden = any(part.startswith(".") for part in path.parts)
    return path.suffix.lower() in DATA and not hidden and path.parts[0].lower() not in CODE


def verify_here(inputs, params):
    """The results in this folder, and every file that an archive's checksum list names here."""
    told = []
    if Path(archive.CHECKSUMS).is_file():
        listed = Path(archive.CHECKSUMS).read_text(encoding="utf-8").splitlines()
        names = [line.partition("  ")[2] for line in listed] + [archive.CHECKSUMS]
        members = {name: Path(name).read_bytes() for name in names if Path(name).is_file()}
        refuse(".", archive.checksum_faults(members))
        told.append(f"{len(members)} files as {archive.CHECKSUMS} lists them")
    versions = [v for v in params.versions if Path(f"results/{v}/provenance.json").is_file()]
    if not versions:
        raise step.StepError(f"no results of version {' or '.join(params.versions)} are here")
    with tempfile.TemporaryDirectory(prefix="verify-") as folder:
        house = Path(folder)
        for path in [*params.house, *inputs.sheets, *inputs.config]:
            target = house / provenance.house_path(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        (house / "config/config.yaml").write_text(json.dumps(params.protocol), encoding="utf-8")
        compute(house, versions, params.cores)
        for version in versions:
            there = files_of(Path(), Path("results", version))
            told.append(compare(version, there, house, ""))
    return told


def recorded_versions(members):
    """The versions whose records an archive holds."""
    names = [name.split("/") for name in members]
    return sorted(
        part[1] for part in names if part[0] == "results" and part[2:] == ["provenance.json"]
    )


def compute(house, versions, cores):
    """Run the workflow in a folder of its own, from nothing."""
    targets = [f"results/{version}/provenance.json" for version in versions]
    command = [sys.executable, "-m", "snakemake", "--cores", str(cores), *targets]
    command += ["--config", f"build={json.dumps(versions)}"]
    done = subprocess.run(
        command,
        cwd=house,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise step.StepError(f"computing again failed:\n{done.stdout[-4000:]}")


def compare(version, there, house, place):
    """One line on the comparison of a version, or a stop that names the files that differ."""
    name = f"results/{version}"
    made = files_of(house, house / name)
    expected = {path: data for path, data in there.items() if path.startswith(f"{name}/")}
    record = f"{name}/provenance.json"
    how, faults = comparison.verdict(expected, made, record)
    faults += comparison.record_faults(expected, record)
    refuse(f"{place}{name}", faults)
    return f"{place}{name}: {len(expected)} files verified, {how}"


def files_of(house, folder):
    """Every file below a folder, by its path from the house, with its content."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(house).as_posix(): path.read_bytes() for path in files}


def refuse(place, faults):
    """Stop if there are faults, and name them."""
    if faults:
        shown = "\n".join(f"  - {fault}" for fault in faults[:50])
        more = f"\n  and {len(faults) - 50} more" if len(faults) > 50 else ""
        raise step.StepError(f"{place} does not verify:\n{shown}{more}")


if __name__ == "__main__":
    step.main(snakemake, run)
