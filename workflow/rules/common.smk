# Needs: a valid protocol. Makes: the names that the rules share. No rules here.
import functools
import hashlib
import os
import re
import sys

from snakemake.checkpoints import Checkpoint

sys.path.insert(0, str(HOUSE / "workflow/scripts"))
from singlearm.archive import truth
from singlearm.archive.library import constant_of, library_of
from singlearm.archive.provenance import house_path, sha256
from singlearm.catalogue import TABLES
from singlearm.kinds import BY_GROUP, KINDS, POOLINGS
from singlearm.sheets import other_layers as others
from singlearm.sheets import plan as plans
from singlearm.sheets.files import sheet_files

os.environ |= {
    # One thread for each job: same bytes for any core count, and no quarrel over cores.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    # Text in UTF-8 whatever the locale; caches of the drawing library beside the run, not in HOME.
    "PYTHONUTF8": "1",
    "PYTHONHASHSEED": "0",
    "MPLCONFIGDIR": str(Path(".snakemake/matplotlib").absolute()),
}
# Each job imports our packages: let the interpreter keep them compiled.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

BUILD = config["build"]
VERSIONS = config["versions"]
OUTCOMES = config["outcomes"]
PROPORTIONS = [
    name for name, outcome in OUTCOMES.items() if outcome["kind"] == "proportion"
]
MODELS = {name: model for name, model in config["models"].items() if name != "primary"}
PRIMARY = config["models"]["primary"]
#: What report, figures and documents are written in.
LANGUAGE = config["lang"]
FOREST = config.get("figures", {}).get("forest", {})
FORMATS = ["svg", "pdf", "png"]
CODEBOOK = "config/codebook.csv"
REQUIREMENTS = Path(os.path.relpath(HOUSE)) / "envs/requirements.lock"
if odd := codebooks.misnamed(Path(CODEBOOK)):
    raise WorkflowError(*odd)
#: What protocol and codebook say about the columns of the studies; a codebook at fault is told by
#: the check of the sheets.
try:
    OWN_CODES = codebooks.read_codebook(CODEBOOK)
except codebooks.CodebookError:
    OWN_CODES = codebooks.core_codebook()
STUDIES = protocols.study_words(config, OWN_CODES)
CODES = OWN_CODES.for_outcomes(OUTCOMES, config["not_analysed"])
#: The kinds of outcomes that the review has; medians and comparisons are always looked for.
OF_REVIEW = [
    kind
    for name, kind in KINDS.items()
    if name in ("proportion", "time", "ratio")
    or any(outcome["kind"] == name for outcome in OUTCOMES.values())
]
CLEAN = list(
    dict.fromkeys(["studies", *(kind.sheet.clean_table for kind in OF_REVIEW)])
)
#: The tables that are pooled for a version as a whole, and those that the report goes by.
POOLED = [table for kind in OF_REVIEW for table in kind.poolings]
LED_BY = [kind.table for kind in OF_REVIEW]
GROUPED = list(BY_GROUP) if config.get("subgroups") or config.get("moderators") else []
POOLED += GROUPED
#: Tables of single studies that people see beside the pooled ones.
OF_STUDIES = [
    table
    for table in POOLED
    if table not in (*LED_BY, *GROUPED) and TABLES[table].headed
]
LOGS = ["reconciliation", "agreement", "change_log", "availability"]
SIDE = ["search_flow", "risk_of_bias", "certainty", "published_claims"]

NAMES = [*VERSIONS, *OUTCOMES, *MODELS, *config.get("subgroups", {})]
NAMES += [layer for version in VERSIONS.values() for layer in version["layers"]]
if odd := [name for name in NAMES if not name.isprintable()]:
    raise WorkflowError(
        "The protocol has names with a line break or another unprintable sign:",
        *map(repr, odd),
    )


wildcard_constraints:
    version="|".join(map(re.escape, VERSIONS)),
    outcome="|".join(map(re.escape, OUTCOMES)),
    table="|".join(POOLED),


@functools.cache
def lib(script, language=""):
    """The library files that a script imports, with their checksums; words of a language too.

    As a param of its rule: editing one re-runs the step. (As inputs, some hundred files for each job
    would cost every run half a second or more before it does anything.)
    """
    return library_of(HOUSE / f"workflow/scripts/{script}.py", language)


def layers_of(version):
    """Folders of a version's layers, the lowest first."""
    return VERSIONS[version]["layers"]


@functools.cache
def outcomes_in(layer):
    """The protocol's outcomes that a layer surely has, and those that it may have."""
    return others.outcomes_in(layer, OUTCOMES, CODES)


@functools.cache
def other_layers(version):
    """The layers of other versions that the check of this one reads as well."""
    return others.other_layers(VERSIONS, version, OUTCOMES, outcomes_in)


def sheets_in(layers):
    """The sheets that lie in the folders; a folder that is not there is the check's to report."""
    return sorted(
        str(path)
        for layer in map(Path, layers)
        for path in (sheet_files(layer) if layer.is_dir() else [])
    )


def of_version(section, version):
    """The subgroups, moderators or regressions of the protocol that apply to a version."""
    return plans.applying(config, section, version)


def sheets_of(wildcards):
    """The sheets of a version. Its plan begins with them, so here what is not true is forced."""
    force_untrue_steps(wildcards.version)
    claims = Path(VERSIONS[wildcards.version].get("claims", ""))
    also = (
        [str(claims)] if claims.is_file() else []
    )  # one that is not there is the check's to tell
    return sorted({*sheets_in(layers_of(wildcards.version)), *also})


def the_gate():
    """The gate as the plan has it; who imports it may have put a rule of their own in its place."""
    return next(
        declared
        for declared in workflow.rules
        if Path(declared.script or "").stem == "pass_gate"
    )


def clean_table(version, name):
    """A clean table of a version, known once the gate has let the sheets pass.

    Where it has already, or in a job, which begins after it, nothing is left to wait for.
    """
    if workflow.is_main_process and not sheets_stand(version):
        gate = the_gate()
        gate.is_checkpoint = True
        Checkpoint(gate, checkpoints).get(version=version)
    return f"results/{version}/clean/{name}.csv"


def cells(wildcards):
    """The analysis set of one outcome."""
    return clean_table(wildcards.version, f"by_outcome/{wildcards.outcome}")


def cleaned(name):
    """An input function for a table that the cleaning writes."""
    return lambda wildcards: clean_table(wildcards.version, name)


def pooled_from(wildcards):
    """The clean tables that a table of the version is pooled from, by name."""
    tables = POOLINGS[wildcards.table].tables
    return {
        name: clean_table(wildcards.version, name) for name in tables if name in CLEAN
    }


def by_group(section, wildcards):
    """The subgroups, moderators or regressions of a version for the tables that go by them."""
    if wildcards.table not in BY_GROUP:
        return {}
    return of_version(section, wildcards.version)


def pooling_settings(wildcards):
    """The protocol's section of a table; of the tables by group those of all tables they go by."""
    if wildcards.table not in BY_GROUP:
        return config.get(wildcards.table, {})
    sections = {table: config[table] for table in LED_BY if table in config}
    return sections | {"primary": PRIMARY}


#: Settings that a review may do without; what is not there is not printed.
OPTIONAL_SETTINGS = (
    "paper_model",
    "paper_times",
    "ratios",
    "headline",
    "key_outcomes",
    "front_groups",
    "null_value",
    "changes",
)


def protocol_of(version):
    """What reports and tables print of the protocol, as plain values."""
    return {
        "review": config["review"],
        "studies": STUDIES,
        "version": VERSIONS[version],
        "outcomes": OUTCOMES,
        "subgroups": of_version("subgroups", version),
        "moderators": of_version("moderators", version),
        "regressions": of_version("regressions", version),
        "models": MODELS,
        "primary": PRIMARY,
        "lang": config["lang"],
    } | {name: config[name] for name in OPTIONAL_SETTINGS if name in config}


@functools.cache
def data_hash(version):
    """Short hash of a version's sheets as received, printed in tables and reports."""
    lines = [
        f"{sha256(path)}  {Path(path).as_posix()}\n"
        for path in sheets_in(layers_of(version))
    ]
    return hashlib.sha256("".join(lines).encode()).hexdigest()[:12]
