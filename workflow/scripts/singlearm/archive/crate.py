"""The archive's description as a Workflow Run RO-Crate (version 1.1, profiles 0.5)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from rocrate.model.contextentity import ContextEntity
from rocrate.model.entity import Entity
from rocrate.rocrate import ROCrate

from singlearm.archive.archive import METADATA
from singlearm.archive.datapackage import DATA_LICENSE

WORKFLOW = "Snakefile"
PROTOCOL = "config/config.yaml"
PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}
CODE_LICENSE = "https://spdx.org/licenses/MIT"
SOFTWARE = "SoftwareApplication"
PARAMETER = "https://bioschemas.org/profiles/FormalParameter/1.0-RELEASE"
MEDIA = {
    ".csv": "text/csv",
    ".html": "text/html",
    ".json": "application/json",
    ".yaml": "application/yaml",
    ".cff": "application/yaml",
    ".md": "text/markdown",
    ".pdf": "application/pdf",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".tex": "application/x-tex",
    ".py": "text/x-python",
    ".R": "text/x-r",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ".docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
}


@dataclass(frozen=True, slots=True)
class CrateFacts:
    """What the description tells beside the members themselves.

    `authors` are those of CITATION.cff (given-names and family-names, or name; orcid, affiliation);
    `steps` the rules in the order of their first artifact, each with its script; `software` the
    packages with their versions, Python among them.
    """

    title: str
    description: str
    version: str
    released: str
    authors: list[Mapping]
    layers: list[str]
    results: str
    steps: list[tuple[str, str]]
    software: Mapping[str, str]
    snakemake: str
    code_version: str


def crate_json(members: Mapping[str, bytes], facts: CrateFacts) -> bytes:
    """The text of `ro-crate-metadata.json` for these members."""
    crate = ROCrate(version="1.1")
    _add_files(crate, members)
    workflow = _add_workflow(crate, members, facts)
    folders = _add_folders(crate, members, facts)
    authors = [_author(crate, number, author) for number, author in enumerate(facts.authors, 1)]
    licences = [_add(crate, CODE_LICENSE, "CreativeWork", name="MIT License")]
    data_licence = crate.dereference(DATA_LICENSE)
    if data_licence:
        licences.append(data_licence)
        for folder in folders[:-1]:
            folder["license"] = data_licence
    action = _add_run(crate, workflow, folders, authors, facts)
    readme = crate.dereference("README.md")
    if readme:
        readme["about"] = crate.root_dataset
    root = crate.root_dataset
    root["name"] = f"{facts.title}: data version {facts.version}"
    root["description"] = facts.description
    root["datePublished"] = facts.released
    root["version"] = facts.version
    root["license"] = licences
    root["author"] = authors
    root["mentions"] = [action]
    root["conformsTo"] = [
        _add(crate, url, "CreativeWork", name=name, version=version)
        for url, (name, version) in PROFILES.items()
    ]
    return _text(crate)


def _text(crate: ROCrate) -> bytes:
    described = crate.metadata.generate()
    described["@graph"].sort(key=lambda entity: entity["@id"])
    for entity in described["@graph"]:
        for name, value in entity.items():
            if isinstance(value, list) and value and all(isinstance(v, dict) for v in value):
                ordered = name in {"step", "author"}
                links = value if ordered else sorted(value, key=lambda v: v.get("@id", ""))
                entity[name] = links[0] if len(links) == 1 else links
    text = json.dumps(described, indent=1, sort_keys=True, ensure_ascii=False)
    return f"{text}\n".encode()


def package_url(name: str, version: str) -> str:
    """The package URL (purl) of a Python package, or of Python itself."""
    kind = "generic" if name == "python" else "pypi"
    return f"pkg:{kind}/{name.lower()}@{version}"


def _add(crate: ROCrate, identifier: str, kind: str, **properties: Any) -> ContextEntity:
    return crate.add(ContextEntity(crate, identifier, properties={"@type": kind, **properties}))


def _add_files(crate: ROCrate, members: Mapping[str, bytes]) -> None:
    for name, content in sorted(members.items()):
        if name in (WORKFLOW, METADATA):
            continue
        media = MEDIA.get(PurePosixPath(name).suffix, "text/plain")
        crate.add_file(
            dest_path=name,
            properties={
                "name": name,
                "contentSize": str(len(content)),
                "encodingFormat": media,
            },
        )


def _add_workflow(crate: ROCrate, members: Mapping[str, bytes], facts: CrateFacts) -> Entity:
    workflow = crate.add_workflow(
        dest_path=WORKFLOW,
        main=True,
        lang="snakemake",
        gen_cwl=False,
        properties={
            "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"],
            "name": f"Workflow of {facts.title}",
            "version": facts.code_version,
            "contentSize": str(len(members[WORKFLOW])),
            "encodingFormat": "text/plain",
        },
    )
    workflow["conformsTo"] = _add(
        crate,
        "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE",
        "CreativeWork",
        name="Bioschemas ComputationalWorkflow",
        version="1.0-RELEASE",
    )
    language = crate.dereference("https://w3id.org/workflowhub/workflow-ro-crate#snakemake")
    language["version"] = facts.snakemake
    workflow["softwareRequirements"] = [
        _add(crate, package_url(name, version), SOFTWARE, name=name, softwareVersion=version)
        for name, version in sorted(facts.software.items())
    ]
    workflow["step"] = [
        _add(
            crate,
            f"#step/{rule}",
            "HowToStep",
            name=rule,
            position=str(number),
            workExample={"@id": script},
        )
        for number, (rule, script) in enumerate(facts.steps, 1)
    ]
    return workflow


def _add_folders(crate: ROCrate, members: Mapping[str, bytes], facts: CrateFacts) -> list[Entity]:
    """The layers and, last, the results, as datasets with their files as parts."""
    folders = []
    for path in [*facts.layers, facts.results]:
        parts = [{"@id": name} for name in sorted(members) if name.startswith(f"{path}/")]
        what = "Results" if path == facts.results else "Extraction sheets"
        name = f"{what}: {PurePosixPath(path).name}"
        folders.append(
            crate.add_dataset(dest_path=f"{path}/", properties={"name": name, "hasPart": parts})
        )
    return folders


def _add_run(
    crate: ROCrate,
    workflow: Entity,
    folders: list[Entity],
    authors: list[ContextEntity],
    facts: CrateFacts,
) -> ContextEntity:
    """The run that made the results: which workflow, from what, to what."""
    form = _add(crate, PARAMETER, "CreativeWork", name="Bioschemas FormalParameter")
    protocol = crate.dereference(PROTOCOL)
    slots = {
        "#input/sheets": ("sheets", "Dataset", folders[:-1]),
        "#input/protocol": ("protocol", "File", [protocol]),
        "#output/results": ("results", "Dataset", folders[-1:]),
    }
    made = {}
    for identifier, (name, kind, examples) in slots.items():
        made[identifier] = _add(
            crate,
            identifier,
            "FormalParameter",
            name=name,
            additionalType=kind,
            conformsTo=form,
            workExample=examples,
        )
        for example in examples:
            example["exampleOfWork"] = made[identifier]
    workflow["input"] = [made["#input/sheets"], made["#input/protocol"]]
    workflow["output"] = [made["#output/results"]]
    return _add(
        crate,
        "#run",
        "CreateAction",
        name=f"Run of the workflow for data version {facts.version}",
        description=(
            "Every file of the results was made by the workflow from the sheets and the protocol; "
            f"{facts.results}/provenance.json says for each how. The time is the date of release: "
            "no clock is read."
        ),
        endTime=f"{facts.released}T00:00:00+00:00",
        instrument=workflow,
        agent=authors[:1],
        object=[*folders[:-1], protocol],
        result=folders[-1:],
        actionStatus="http://schema.org/CompletedActionStatus",
    )


def _author(crate: ROCrate, number: int, author: Mapping) -> ContextEntity:
    """A person, or an organisation where CITATION.cff has a `name`."""
    identifier = author.get("orcid") or author.get("website") or f"#author/{number}"
    if "name" in author:
        return _add(crate, identifier, "Organization", name=author["name"])
    names = (author.get("given-names"), author.get("name-particle"), author.get("family-names"))
    more = {"affiliation": author["affiliation"]} if "affiliation" in author else {}
    return _add(crate, identifier, "Person", name=" ".join(filter(None, names)), **more)
