"""Compute results again in a folder of their own and hold them against what is there."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from pipeline import provenance, step
from publication import archive, comparison


def run(inputs, outputs, params):  # noqa: ARG001
    """Verify an archive where one is named, else the results as they lie here."""
    if params.archive:
        told = verify_archive(Path(params.archive), params.cores)
    else:
        told = verify_here(inputs, params)
    sys.stderr.write("\n".join(["", *told, ""]))


def verify_archive(path, cores):
    """An archive: each byte of it, then its results by its own code, sheets and protocol."""
    if not path.is_file():
        raise step.StepError(f"there is no archive {path}")
    content = path.read_bytes()
    refuse(path, archive.archive_faults(content))
    members, _ = archive.read_zip(content)
    versions = recorded_versions(members)
    with tempfile.TemporaryDirectory(prefix="verify-") as folder:
        house = Path(folder)
        for name, data in members.items():
            if not name.startswith("results/"):
                (house / name).parent.mkdir(parents=True, exist_ok=True)
                (house / name).write_bytes(data)
        compute(house, versions, cores)
        return [f"{path}: whole"] + [
            compare(version, members, house, f"{path}, ") for version in versions
        ]


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
        for path in [*inputs.house, *inputs.sheets, *inputs.config]:
            target = house / provenance.house_path(path)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        (house / "config/config.yaml").write_text(json.dumps(params.protocol), encoding="utf-8")
        compute(house, versions, params.cores)
        for version in versions:
            root = Path(f"results/{version}")
            there = {p.as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}
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
    root = house / "results" / version
    made = {p.relative_to(house).as_posix(): p.read_bytes() for p in root.rglob("*") if p.is_file()}
    name = f"results/{version}/provenance.json"
    records = [json.loads(found[name]) for found in (there, made)]
    expected = {
        path: data for path, data in there.items() if path.startswith(f"results/{version}/")
    }
    features = [record["environment"]["cpu_features"] for record in records]
    if features[0] == features[1]:
        how = "byte for byte (the processor features are those of the record)"
        faults = comparison.byte_faults(expected, made)
    else:
        opaque = sum(Path(path).suffix in comparison.OPAQUE for path in expected)
        how = (
            "numbers within 1e-9 and equal figure marks (the processor features are not those of "
            f"the record; {opaque} PDF and PNG files stand beside their SVG and were not compared)"
        )
        faults = comparison.value_faults(expected, made)
    refuse(f"{place}results/{version}", faults + environment_notes(*records, faults))
    return f"{place}results/{version}: {len(expected)} files verified, {how}"


def environment_notes(recorded, here, faults):
    """What differs in the programs, as a hint where something differs in the results."""
    if not faults:
        return []
    packages = [record["environment"]["packages"] for record in (recorded, here)]
    return [
        f"note: {name} is {packages[1].get(name)} here, {packages[0].get(name)} in the record"
        for name in sorted(packages[0])
        if packages[0].get(name) != packages[1].get(name)
    ]


def refuse(place, faults):
    """Stop if there are faults, and name them."""
    if faults:
        shown = "\n".join(f"  - {fault}" for fault in faults[:50])
        more = f"\n  and {len(faults) - 50} more" if len(faults) > 50 else ""
        raise step.StepError(f"{place} does not verify:\n{shown}{more}")


if __name__ == "__main__":
    step.main(snakemake, run)
