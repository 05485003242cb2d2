"""The archive: described, checked to the last byte, and enough to make everything again."""

import hashlib
import io
import json
import os
import re
import subprocess
import sys
import tracemalloc
import zipfile
from pathlib import Path

import frictionless
import killing
import pytest
import yaml
from houses import ARCHIVE

import write_archive
from singlearm.archive import archive
from singlearm.catalogue.tables import read_json
from singlearm.sheets import protocol
from singlearm.step import StepError


@pytest.fixture(scope="module")
def content(archived):
    return (archived.root / ARCHIVE).read_bytes()


@pytest.fixture
def unpacked(archived, content, tmp_path):
    """The archive as someone else unpacks it."""
    root = tmp_path / "elsewhere" / "unpacked"
    zipfile.ZipFile(io.BytesIO(content)).extractall(root)
    return type(archived)(root)


def test_the_archive_holds_everything_and_lists_it(archived, content):
    members, faults = archive.read_zip(content)
    assert faults == []
    for needed in (
        "README.md",
        "LICENSE",
        "CITATION.cff",
        "Snakefile",
        "config/config.yaml",
        "config/codebook.csv",
        "data/raw/first/studies.csv",
        "envs/requirements.lock",
        "results/1/report.html",
        "results/1/provenance.json",
        "ro-crate-metadata.json",
        "datapackage.json",
    ):
        assert needed in members
    made = {p for p in (archived.root / "results/1").rglob("*") if p.is_file()}
    assert {p.relative_to(archived.root).as_posix() for p in made} == {
        name for name in members if name.startswith("results/")
    }
    lines = members["checksums.sha256"].decode().splitlines()
    assert dict(reversed(line.split("  ")) for line in lines) == {
        name: hashlib.sha256(data).hexdigest()
        for name, data in members.items()
        if name != "checksums.sha256"
    }
    beside = (archived.root / f"{ARCHIVE}.sha256").read_text()
    assert beside == f"{hashlib.sha256(content).hexdigest()}  five-studies-1.zip\n"


def test_the_record_names_every_artifact_with_what_made_it(archived):
    record = read_json(archived.root / "results/1/provenance.json")
    root = archived.root / "results/1"
    made = {p.relative_to(archived.root).as_posix() for p in root.rglob("*") if p.is_file()}
    described = {path for path in made if "/provenance" not in path}
    assert set(record["artifacts"]) == described
    for path, facts in record["artifacts"].items():
        data = (archived.root / path).read_bytes()
        assert facts["sha256"] == hashlib.sha256(data).hexdigest()
        script = (archived.root / facts["script"]).read_bytes()
        assert facts["script_sha256"] == hashlib.sha256(script).hexdigest()
        assert facts["rule"]
        assert facts["inputs"] or facts["rule"] == "compare_versions"
        for read, known in facts["inputs"].items():
            assert known == hashlib.sha256((archived.root / read).read_bytes()).hexdigest()
        library = record["libraries"][facts["library_sha256"]]
        assert "workflow/scripts/singlearm/step.py" in library
    assert record["artifacts"]["results/1/pooled.csv"]["schema"].startswith("pooled/")


def test_the_record_names_every_file_of_ours_that_a_script_imports(archived):
    """What is not recorded would not make the step run again when it is edited, either."""
    record = read_json(archived.root / "results/1/provenance.json")
    libraries = {
        facts["script"]: set(record["libraries"][facts["library_sha256"]])
        for facts in record["artifacts"].values()
    }
    assert len(libraries) > 10
    for script, library in libraries.items():
        done = subprocess.run(
            [sys.executable, "-c", IMPORTED, Path(script).stem],
            cwd=archived.root / "workflow/scripts",
            capture_output=True,
            text=True,
            check=True,
        )
        imported = {f"workflow/scripts/{name}" for name in done.stdout.split()} - {script}
        assert imported - library == set(), script


#: Prints the files in the working folder that the import of a script loads.
IMPORTED = """
import importlib, os, sys
sys.path.insert(0, "")
importlib.import_module(sys.argv[1])
files = [getattr(module, "__file__", None) or "" for module in list(sys.modules.values())]
names = [os.path.relpath(os.path.realpath(file), os.path.realpath(".")) for file in files if file]
print(*[name for name in names if not name.startswith("..")])
"""


def small_zip():
    members = {"a.txt": b"one\n", "results/1/b.csv": b"x,y\n1,2\n"}
    members[archive.CHECKSUMS] = archive.checksum_list(members)
    return archive.zip_bytes(members)


def test_any_changed_byte_of_a_small_archive_is_found():
    whole = small_zip()
    assert archive.archive_faults(whole) == []
    for position in range(len(whole)):
        for mask in (0x01, 0x20, 0x80, 0xFF):
            broken = bytearray(whole)
            broken[position] ^= mask
            assert archive.archive_faults(bytes(broken)), (position, mask)


def test_zip_bomb_packed_members_are_refused_unread():
    """200 MiB of zeros in a file of 0.2 MB; refused by the list of members alone."""
    bomb = io.BytesIO()
    with (
        zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as book,
        book.open("bomb", "w") as member,
    ):
        for _ in range(200):
            member.write(b"\0" * (1 << 20))
    tracemalloc.start()
    faults = archive.archive_faults(bomb.getvalue())
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "'bomb': is packed" in faults[0]
    assert most < 64 * 2**20


def test_bytes_before_after_or_missing_are_found():
    whole = small_zip()
    for broken in (b"x" + whole, whole + b"x", whole[:-1], whole[1:], b"", whole + whole):
        assert archive.archive_faults(broken)


def test_the_changed_member_is_named(content):
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        offsets = {info.filename: info.header_offset for info in book.infolist()}
    for name in ("results/1/pooled.csv", "results/1/figures/orr/forest.png", "Snakefile"):
        broken = bytearray(content)
        broken[offsets[name] + 30 + len(name) + 25] ^= 1
        (fault, *_) = archive.archive_faults(bytes(broken))
        assert fault.startswith(f"{name}: ")


def test_a_member_added_removed_or_renamed_is_named(content):
    members, _ = archive.read_zip(content)
    pooled = members.pop("results/1/pooled.csv")
    assert "results/1/pooled.csv" in archive.archive_faults(archive.zip_bytes(members))[0]
    members["results/1/other.csv"] = pooled
    told = archive.archive_faults(archive.zip_bytes(members))
    assert any(fault.startswith("results/1/other.csv: is not in") for fault in told)


@pytest.mark.parametrize("name", ["../x", "/x", "a/../../x", "C:/x", "a\\x"])
def test_members_cannot_lead_out_of_their_folder(name):
    members = {name: b"x"}
    members[archive.CHECKSUMS] = archive.checksum_list(members)
    assert any("not a name of a member" in f for f in archive.archive_faults(zip_of(members)))


def zip_of(members):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as book:
        for name, data in members.items():
            book.writestr(name, data)
    return content.getvalue()


def test_verify_refuses_an_archive_with_one_changed_byte(archived, content, tmp_path):
    broken = bytearray(content)
    broken[content.index(b"median_pfs,weighted_median")] ^= 1
    (tmp_path / "broken.zip").write_bytes(broken)
    refused = archived.snakemake("verify", "--config", f"verify={tmp_path}/broken.zip")
    assert refused.returncode != 0
    assert "results/1/times.csv: " in refused.stdout
    assert "Traceback" not in refused.stdout


def test_an_unpacked_archive_makes_every_byte_again(unpacked, content, tmp_path):
    """In another folder and order, under another home, locale, time zone, umask and core count.

    What is in the archive was made with two cores.
    """
    (tmp_path / "home").mkdir()
    elsewhere = {
        "cores": 1,
        "umask": 0o077,
        "HOME": str(tmp_path / "home"),
        "LC_ALL": "C",
        "TZ": "Pacific/Auckland",
        "SOURCE_DATE_EPOCH": "1",
    }
    printed = unpacked.build("verify", **elsewhere)
    assert re.search(r"^\d+ files as checksums\.sha256 lists them$", printed, re.MULTILINE)
    assert re.search(r"^results/1: \d+ files verified, byte for byte", printed, re.MULTILINE)
    for path in unpacked.root.rglob("*"):  # by their times no result is newer than its script
        os.utime(path, (1e9, 1e9))
    assert "Nothing to be done" in unpacked.build(**elsewhere)
    killing.start_anew(unpacked.root)
    unpacked.build("archive", **elsewhere)
    assert (unpacked.root / ARCHIVE).read_bytes() == content


def test_verify_computes_an_archive_again(archived):
    printed = archived.build("verify", "--config", f"verify={ARCHIVE}")
    assert f"{ARCHIVE}: whole" in printed
    assert "computed again by the code in it" in printed
    assert re.search(r"results/1: \d+ files verified, byte for byte", printed)


def test_verify_asks_before_it_runs_code_that_is_not_ours(archived, content, tmp_path):
    members, _ = archive.read_zip(content)
    members["workflow/scripts/pool_kind.py"] += b"# theirs\n"
    del members[archive.CHECKSUMS]
    members[archive.CHECKSUMS] = archive.checksum_list(members)
    (tmp_path / "theirs.zip").write_bytes(archive.zip_bytes(members))
    refused = archived.snakemake("verify", "--config", f"verify={tmp_path}/theirs.zip")
    assert refused.returncode != 0
    assert "(workflow/scripts/pool_kind.py). If you trust where it comes from:" in refused.stdout
    assert "trust=yes" in refused.stdout


def test_an_unpacked_archive_with_a_changed_file_does_not_verify(unpacked):
    unpacked.edit("data/raw/first/studies.csv", "Alpha A", "Alfa A")
    refused = unpacked.snakemake("verify")
    assert refused.returncode != 0
    assert "data/raw/first/studies.csv: its content is not the one listed" in refused.stdout


def test_a_protocol_of_the_command_line_is_not_archived(archived):
    path = archived.root / "config/config.yaml"
    in_effect = protocol.complete(yaml.safe_load(path.read_text(encoding="utf-8")))
    write_archive.check_protocol(path, in_effect | {"build": [], "verify": ARCHIVE})
    with pytest.raises(StepError, match=r"not the one in .*config\.yaml \(paper_model differ"):
        write_archive.check_protocol(path, in_effect | {"paper_model": "glmm"})


def test_a_version_without_a_date_is_not_archived(house):
    house.edit("config/config.yaml", '    released: "2022-02-02"\n', "")
    refused = house.snakemake("archive")
    assert refused.returncode != 0
    assert "add `released: YYYY-MM-DD` under versions > 1" in refused.stdout


def test_the_data_package_is_valid(unpacked):
    package = frictionless.Package(unpacked.root / "datapackage.json")
    assert {resource.name for resource in package.resources} >= {"first-studies", "first-claims"}
    report = package.validate()
    assert report.flatten(["rowNumber", "fieldNumber", "type", "message"]) == []
    assert report.valid


def test_the_data_package_finds_a_fault(unpacked):
    unpacked.edit("data/raw/first/outcomes_1.csv", "Delta2021,orr,20,25", "Delta2021,orr,x,25")
    assert not frictionless.Package(unpacked.root / "datapackage.json").validate().valid


def test_the_package_has_the_columns_of_the_codebook(unpacked):
    package = json.loads((unpacked.root / "datapackage.json").read_text())
    sheets = {resource["name"]: resource["schema"] for resource in package["resources"]}
    fields = {field["name"]: field for field in sheets["first-outcomes-1"]["fields"]}
    assert fields["events"]["type"] == "integer"
    assert fields["events"]["constraints"]["minimum"] == 0
    assert sheets["first-outcomes-1"]["primaryKey"] == ["study_id", "outcome"]


@pytest.fixture(scope="module")
def crate(content):
    """The entities of the crate by identifier."""
    members, _ = archive.read_zip(content)
    described = json.loads(members["ro-crate-metadata.json"])
    assert described["@context"] == "https://w3id.org/ro/crate/1.1/context"
    entities = {entity["@id"]: entity for entity in described["@graph"]}
    assert len(entities) == len(described["@graph"]), "an identifier stands for one entity"
    return entities


def linked(entity, name):
    """The identifiers that a property refers to."""
    value = entity.get(name, [])
    return [link["@id"] for link in (value if isinstance(value, list) else [value])]


def types(entity):
    kind = entity["@type"]
    return {kind} if isinstance(kind, str) else set(kind)


def test_the_crate_has_its_descriptor_and_root(crate):
    """RO-Crate 1.1: metadata file descriptor, direct properties of the root data entity."""
    descriptor, root = crate["ro-crate-metadata.json"], crate["./"]
    assert descriptor["@type"] == "CreativeWork"
    assert linked(descriptor, "about") == ["./"]
    assert "https://w3id.org/ro/crate/1.1" in linked(descriptor, "conformsTo")
    assert "Dataset" in types(root)
    assert root["name"] and root["description"]
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", root["datePublished"])
    assert "LICENSE-DATA" in linked(root, "license") and linked(root, "author")


def test_every_link_of_the_crate_leads_somewhere(crate):
    for entity in crate.values():
        for name, value in entity.items():
            for link in value if isinstance(value, list) else [value]:
                if isinstance(link, dict):
                    there = link["@id"] in crate or link["@id"].startswith("https://")
                    assert there, f"{entity['@id']}: {name} leads to {link['@id']}"


def test_the_crate_describes_each_member_and_no_other_file(crate, content):
    members, _ = archive.read_zip(content)
    files = {name for name, entity in crate.items() if "File" in types(entity)}
    described = set(members) - {"ro-crate-metadata.json", "checksums.sha256"}
    assert files - {"checksums.sha256"} == described
    folders = {name: entity for name, entity in crate.items() if "Dataset" in types(entity)}
    parts = {part for entity in folders.values() for part in linked(entity, "hasPart")}
    assert files | (folders.keys() - {"./"}) == parts
    for name in files:
        assert crate[name]["contentSize"] == str(len(members[name]))


def test_the_crate_describes_the_run(crate):
    """Workflow RO-Crate 1.0 and Workflow Run Crate 0.5: main entity, its slots, the action."""
    root = crate["./"]
    assert set(linked(root, "conformsTo")) == {
        "https://w3id.org/ro/wfrun/process/0.5",
        "https://w3id.org/ro/wfrun/workflow/0.5",
        "https://w3id.org/workflowhub/workflow-ro-crate/1.0",
    }
    (main,) = linked(root, "mainEntity")
    workflow = crate[main]
    assert types(workflow) >= {"File", "SoftwareSourceCode", "ComputationalWorkflow"}
    (language,) = linked(workflow, "programmingLanguage")
    assert crate[language]["@type"] == "ComputerLanguage"
    (run,) = [entity for entity in crate.values() if "CreateAction" in types(entity)]
    assert run["@id"] in linked(root, "mentions")
    assert linked(run, "instrument") == [main]
    given, made = linked(run, "object"), linked(run, "result")
    assert {"data/raw/first/", "config/config.yaml"} <= set(given)
    assert made == ["results/1/"]
    slots = linked(workflow, "input") + linked(workflow, "output")
    assert {slot for name in given + made for slot in linked(crate[name], "exampleOfWork")} == set(
        slots
    )
    for slot in slots:
        assert crate[slot]["@type"] == "FormalParameter"
        assert crate[slot]["additionalType"] in {"File", "Dataset"}
