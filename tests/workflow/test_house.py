"""The house itself: locks and environments agree, the protocol's page names every key."""

import json
import re

import yaml


def pinned_versions(repository):
    """Name to version of the conda environment, its packages from pip among them."""
    entries = yaml.safe_load((repository / "envs/python.yaml").read_text())["dependencies"]
    plain = [entry for entry in entries if isinstance(entry, str) and entry != "pip"]
    plain += [
        entry.replace("==", "=")
        for each in entries
        if isinstance(each, dict)
        for entry in each["pip"]
    ]
    return dict(entry.split("=") for entry in plain if not entry.startswith("python="))


def test_conda_environment_has_the_locked_versions(repository):
    lock = (repository / "envs/requirements.lock").read_text()
    names = {"snakemake-minimal": "snakemake", "matplotlib-base": "matplotlib"}
    for name, version in pinned_versions(repository).items():
        locked = re.findall(rf"^{names.get(name, name)}==(\S+)", lock, flags=re.MULTILINE)
        assert version in locked, f"{name}={version}, locked: {locked}"


def test_conda_environment_has_every_direct_dependency(repository):
    wanted = re.findall(
        r"^([A-Za-z]\S*?)(?:\[|$)", (repository / "envs/requirements.in").read_text(), re.M
    )
    names = {"snakemake": "snakemake-minimal", "matplotlib": "matplotlib-base"}
    assert {names.get(name, name).lower() for name in wanted} == set(pinned_versions(repository))


def test_locks_are_hashed_and_name_no_index(repository):
    for path in (repository / "envs").glob("*.lock"):
        text = path.read_text()
        assert "://" not in text
        entries = re.split(r"\n(?=\S)", text.strip())
        assert all("--hash=sha256:" in entry for entry in entries if "==" in entry.split("\n")[0])


def test_the_protocol_page_names_every_key(repository):
    schema = json.loads((repository / "workflow/schemas/config.schema.json").read_text())
    page = (repository / "config/README.md").read_text()
    keys = set()

    def collect(node):
        if isinstance(node, dict):
            keys.update(node.get("properties", {}))
            for value in node.values():
                collect(value)
        elif isinstance(node, list):
            for value in node:
                collect(value)

    collect(schema)
    missing = [key for key in sorted(keys) if not re.search(rf"\b{key}\b", page)]
    assert missing == []


LINK = re.compile(r"\]\(([^)#:]+)(?:#[^)]*)?\)")


def test_every_link_leads_somewhere_in_an_archive_too(repository):
    rules = (repository / "workflow/rules/inputs.smk").read_text(encoding="utf-8")
    named = re.findall(r"^    places \+?= \[(.*)\]", rules, re.M)
    archived = [repository / name for line in named for name in re.findall(r'"(.+?)"', line)]
    pages = [
        *repository.glob("*.md"),
        *repository.glob("docs/*.md"),
        *repository.glob("config/*.md"),
    ]
    dead = []
    for page in pages:
        for link in LINK.findall(page.read_text(encoding="utf-8")):
            target = (page.parent / link).resolve()
            kept = any(target.is_relative_to(place.resolve()) for place in archived)
            # of the project's README, licence and citation, a review has its own
            if not target.exists() or not (kept or page.name == "README.md"):
                dead.append((page.name, link))
    assert dead == []


def test_the_project_has_one_version(repository):
    project = re.search(r'^version = "(.*)"$', (repository / "pyproject.toml").read_text(), re.M)[1]
    assert yaml.safe_load((repository / "CITATION.cff").read_text())["version"] == project
    newest = re.search(r"^## (\S+)", (repository / "CHANGELOG.md").read_text(), re.M)[1]
    assert newest == project


#: Words of the first review, which the workflow must not know.
FIRST_REVIEW = re.compile(
    r"\bcar-?t\b|bcma|infus|antigen|scfv|lymphodepl|costimul|\basct\b|myeloma", re.IGNORECASE
)


def test_the_workflow_knows_no_review(repository):
    written = (
        path
        for path in (repository / "workflow").rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    )
    found = [
        f"{path.relative_to(repository)}:{number}"
        for path in written
        for number, line in enumerate(
            path.read_text(encoding="utf-8", errors="replace").split("\n")
        )
        if FIRST_REVIEW.search(line)
    ]
    assert found == []


def test_each_data_set_has_its_origin_and_licence(repository):
    rows = (repository / "LICENSE-DATA").read_text(encoding="utf-8").split("\n")
    folders = [*repository.glob("data/raw/*/"), *repository.glob("examples/*/")]
    named = {f"`{path.relative_to(repository)}`": path for path in folders if path.is_dir()}
    assert len(named) >= 6
    for name in named:
        cells = [row.split("|")[1:-1] for row in rows if row.startswith("|") and name in row]
        assert len(cells) == 1, name
        assert all(cell.strip() for cell in cells[0]), name


CODE = {".py", ".smk", ".sh", ".R", ".js", ".css", ".j2", ".rst", ""}


def test_no_file_is_too_long_to_read(repository):
    """Of code: tables, and what `make schemas` writes, are as long as they are."""
    files = [
        path
        for place in ("workflow", "tests")
        for path in (repository / place).rglob("*")
        if path.suffix in CODE and path.is_file()
    ]
    assert len(files) > 400
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files}
    assert {path: count for path, count in lines.items() if count > 400} == {}


def test_ci_runs_the_tests_of_the_readme_with_or_without_coverage(repository):
    makefile = (repository / "Makefile").read_text(encoding="utf-8")
    plain, covered = (
        re.search(rf"^{target}: .*\n\t(.*)$", makefile, re.M)[1] for target in ("test", "coverage")
    )
    assert covered == f"{plain} --cov --cov-report=term"
    assert 'make "${TESTS:-test}"\n' in (repository / ".ci/run").read_text(encoding="utf-8")
    project = (repository / "pyproject.toml").read_text(encoding="utf-8")
    assert re.search(r"^fail_under = \d+", project, re.M)
