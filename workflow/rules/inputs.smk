# Needs: the names of common.smk. Makes: what several stages read, the files of figures, the steps of
# a version, what an archive holds. No rules here.
import itertools
import subprocess

from snakemake.io import apply_wildcards

MULTIVERSE = config["multiverse"] or {}


def earlier_cells(wildcards):
    """The outcome's cells in the version before, if the multiverse takes earlier reports too."""
    before = VERSIONS[wildcards.version].get("compare_with")
    if not before or "earlier" not in MULTIVERSE.get("data_cuts", []):
        return []
    return clean_table(before, f"by_outcome/{wildcards.outcome}")


def multiverse_of(version, outcome):
    """The choices of the multiverse as they apply to an outcome of a version; None: no multiverse."""
    if config["multiverse"] is False:
        return None
    model_choices = ("likelihoods", "measures", "tau2", "ci", "zeros")
    return {
        "choices": {key: MULTIVERSE[key] for key in model_choices if key in MULTIVERSE},
        "include": {
            name: chosen["where"]
            for name, chosen in MULTIVERSE.get("include", {}).items()
            if version in chosen.get("versions", [version])
        },
        "denominators": [
            column
            for column, outcomes in MULTIVERSE.get("denominators", {}).items()
            if outcome in outcomes
        ],
    }


def variations_for_claims(wildcards):
    """The sensitivity tables that the audit reads, where there are claims to audit."""
    if "claims" not in VERSIONS[wildcards.version]:
        return {}
    return {
        kind: expand(
            f"results/{wildcards.version}/sensitivity/{{outcome}}/{kind}.csv",
            outcome=PROPORTIONS,
        )
        for kind in (
            "multiverse",
            "multiverse_groups",
            "multiverse_tests",
            "leave_one_out",
        )
    }


def figures_in_report(wildcards):
    """Every figure of the version and of its outcomes; the report leaves out those without content."""
    names = list(REVIEW_FIGURES.values())
    if "compare_with" in VERSIONS[wildcards.version]:
        names.append("changes")
    names += [
        f"{outcome}/{figure}" for outcome in PROPORTIONS for figure in OUTCOME_FIGURES
    ]
    return [f"results/{wildcards.version}/figures/{name}.svg" for name in names]


#: The tables of a version as documents.
DOCUMENTS = ["results.xlsx", "results.docx", "manuscript.docx"]


#: The kinds of tables of results: of each kind of outcome, and of its subgroups.
COMPARED = [*LED_BY, "subgroups", "subgroup_tests"]


def compared_with(version):
    """The version that this one updates; None if there is none."""
    return VERSIONS[version].get("compare_with")


def snapshot(version, prefix=""):
    """The tables of a version that a comparison reads, by input name."""
    tables = {name: clean_table(version, name) for name in [*CLEAN, "change_log"]}
    tables |= {name: f"results/{version}/{name}.csv" for name in COMPARED}
    return {prefix + name: path for name, path in tables.items()}


def both_versions(wildcards):
    """The tables of a version and of the one that it updates; none if it updates none."""
    before = compared_with(wildcards.version)
    if not before:
        return {}
    return snapshot(wildcards.version) | snapshot(before, "before_")


@functools.cache
def steps_of(version):
    """Side file of each step of a version, to the rule that declares it and its wildcards.

    A version that updates none has no figure of what changed.
    """
    values = {"version": [version], "outcome": PROPORTIONS, "table": POOLED}
    found = {}
    for declared in workflow.rules:
        side = declared.output.get("provenance") if declared in OWN_RULES else None
        script = Path(declared.script or "").stem  # a module may rename the rules
        if not side or (script == "draw_changes" and not compared_with(version)):
            continue
        names = sorted(declared.wildcard_names)
        for chosen in itertools.product(*(values[name] for name in names)):
            known = dict(zip(names, chosen, strict=True))
            found[apply_wildcards(str(side), known)] = (declared, known)
    return found


def step_records(version):
    """The side files of a version's steps but the last, which gathers them."""
    return sorted(
        side
        for side, (declared, _) in steps_of(version).items()
        if "record" not in declared.output.keys()
    )


#: Models that metafor has as well: for each an R script is written.
IN_METAFOR = [
    name
    for name, model in MODELS.items()
    if model["likelihood"] in ("normal", "binomial_normal")
]


@functools.cache
def metafor_here():
    """R's and metafor's versions in words; None without Rscript, metafor or lme4, which it fits with."""
    tell = (
        'invisible(packageVersion("lme4"));'
        'cat(R.version.string, "with metafor", format(packageVersion("metafor")))'
    )
    try:
        told = subprocess.run(
            ["Rscript", "--vanilla", "-e", tell], capture_output=True, text=True
        )
    except OSError:
        return None
    return None if told.returncode else told.stdout


def all_sheets():
    """The sheets and notes of every layer of the protocol: the checks look into all of them."""
    layers = dict.fromkeys(layer for name in VERSIONS for layer in layers_of(name))
    notes = [note for note in ["data/raw/README.md"] if Path(note).exists()]
    claims = [entry["claims"] for entry in VERSIONS.values() if "claims" in entry]
    return sorted({*sheets_in(layers), *claims, *notes})


def house_files():
    """The workflow itself, with checksums: what a copy needs to run, its documents and tests.

    As a param, like `lib`: as inputs, every message on the rule would list these hundreds of files.
    """
    root = Path(os.path.relpath(HOUSE))
    places = ["Snakefile", "Makefile", "Dockerfile", "pyproject.toml", "CHANGELOG.md"]
    places += ["CONTRIBUTING.md", "config/README.md"]  # documents refer to them
    places += ["workflow", "profiles", "envs", "docs", "tests"]
    found = (root / place for place in places)
    files = (
        file
        for place in found
        for file in ([place] if place.is_file() else place.rglob("*"))
    )
    return {
        str(file): sha256(file)
        for file in sorted(files)
        if file.is_file()
        and file.suffix != ".pyc"
        and not any(part.startswith(".") for part in file.relative_to(root).parts)
    }


def about_files():
    """README and licence of the code: the review's own, else those of the project.

    Citation and licence of the data are the review's own or none: the project's name the authors
    and the data of another work.
    """
    root = Path(os.path.relpath(HOUSE))
    found = [
        Path(name) if Path(name).exists() else root / name
        for name in ("README.md", "LICENSE")
    ]
    found += [Path("CITATION.cff"), Path("LICENSE-DATA")]
    return [str(path) for path in found if path.exists()]


def sheets_plan(version):
    """What of the protocol the sheets of a version are read by."""
    return plans.plan_of(config, version, tuple(other_layers(version)))


def figure_files(place):
    """The files of a figure below the folder `figures`, by format."""
    figure = Path(place).name
    own = HOUSE / f"workflow/report/{figure}.rst"
    labels = {"figure": figure.replace("_", " ")}
    if "/" in place:
        labels["outcome"] = Path(place).parent.name
    files = {kind: f"results/{{version}}/figures/{place}.{kind}" for kind in FORMATS}
    files["svg"] = report(
        files["svg"],
        caption=f"../report/{figure if own.exists() else 'figure'}.rst",
        category="Figures of {version}",
        labels=labels,
    )
    return files


def result_file(name, caption, label):
    """A file of a version as `snakemake --report` shows it, beside the figures."""
    return report(
        f"results/{{version}}/{name}",
        caption=f"../report/{caption}.rst",
        category="Results of {version}",
        labels={"result": label},
    )


def all_figure_files(places):
    """The files of several figures as outputs `<name>_<format>`."""
    return {
        f"{name}_{kind}": file
        for name, place in places.items()
        for kind, file in figure_files(place).items()
    }


#: The tables of results that documents and report go by.
RESULT_TABLES = [*COMPARED, *GROUPED, "subgroup_differences", "regression", "claims"]


def result_tables(names=RESULT_TABLES):
    """Inputs of a version's results, named after the kinds of their tables."""
    return {name: f"results/{{version}}/{name}.csv" for name in names}


#: Name of a version's archive.
ARCHIVE = f"{config['review']['name']}-{{version}}.zip"


def review_files():
    """What of the review an archive holds beside results."""
    return [
        *all_sheets(),
        *about_files(),
        *OF_CODEBOOK.values(),
        "config/config.yaml",
    ]


@functools.cache
def packed_files():
    """Hash of each file that an archive holds beside results, by its name there."""
    files = [file for file in review_files() if Path(file).is_file()]
    given = {house_path(file): sha256(file) for file in files}
    return given | {house_path(file): known for file, known in house_files().items()}


def record_to_pack(wildcards):
    """The record of a version; its archive is written again if it is not of the files on disk.

    As with the steps (truth.smk), the time of a sheet or of the README does not tell that.
    """
    archive = apply_wildcards(f"results/archive/{ARCHIVE}", wildcards)
    if not truth.archive_stands(Path(archive), packed_files()):
        workflow.dag.forcefiles.add(archive)
    return f"results/{wildcards.version}/provenance.json"
