# Needs: the rules with side files. Makes: nothing; what is not what the sheets, protocol and code on
# disk give is forced to run again, whatever the clocks say. No rules here (`status`: release.smk).
import json
import time

from snakemake.iocontainers import Wildcards

#: Before any file is looked at. What another run or a hand writes later stays newer than what is
#: dated here, and is seen.
PLAN_BEGAN = time.time()
#: Rules of this workflow, not of one that imports it.
OWN_RULES = set(workflow.modifier.rules)


@functools.cache
def script_now(name):
    """Path and hash of a step's script."""
    script = HOUSE / "workflow/scripts" / name
    return {house_path(script): sha256(script)}


def step_now(declared, wildcards):
    """A step as the workflow would run it now."""
    values = Wildcards(fromdict=wildcards)
    output, _ = declared.expand_output(wildcards)
    read, *_ = declared.expand_input(values)
    incomplete = any(path.flags.get("checkpoint_target") for path in read)
    params = dict(declared.expand_params(values, read, output, None)[0].items())
    reads = frozenset(map(house_path, read))
    return truth.Step(
        makes=tuple(house_path(path) for path in output if path != output.provenance),
        reads=None if incomplete else reads,
        outside=frozenset(path for path in reads if "results/" not in path),
        library=params.pop("code"),
        script=script_now(Path(declared.script).name),
        params=json.loads(json.dumps(params)),
    )


def findings(steps):
    """What is not true now of steps, given by their side files."""
    return truth.findings(
        {side: functools.partial(step_now, *step) for side, step in steps.items()},
        # with environments of their own, steps do not run by this Python
        same_packages=not workflow.deployment_settings.deployment_method,
    )


@functools.cache
def untrue(version):
    """What is not true of a version's results now."""
    return findings(steps_of(version))


@functools.cache
def sheets_stand(version):
    """Whether the sheets are those that the gate let pass, and nothing makes it look again."""
    steps = {
        side: (declared, known)
        for side, (declared, known) in steps_of(version).items()
        if Path(declared.script).stem in ("clean_layers", "pass_gate")
    }
    forced = workflow.dag.forcerules & {declared for declared, _ in steps.values()}
    unfinished = any(Path(".snakemake/incomplete").glob("*"))
    if len(steps) < 2 or forced or unfinished or findings(steps):
        return False  # fewer: this is read for a rule that somebody puts in the place of ours
    truth.date_in_order(steps, PLAN_BEGAN)
    return all(truth.looks_current(side, truth.read_facts(side)) for side in steps)


def recorded_now(version):
    """Whether the run has made, or found true, the record of a version: all of it was asked for."""
    return any(
        job.rule in OWN_RULES
        and "record" in job.rule.output.keys()
        and job.wildcards.version == version
        for job in workflow.dag.jobs
    )


#: Artifacts of the built versions before the run, once the plan knows what must run again.
BEFORE = {}
#: The versions whose untrue steps the plan knows.
FORCED = set()


def force_untrue_steps(version):
    """Make the plan run each step of a version again that is not true; a new date makes none run.

    Only where the plan needs them anyway: what was not asked for stays as it is.
    """
    if version in FORCED or not workflow.is_main_process:
        return
    FORCED.add(version)  # first, for to see what a step would read leads here again
    if not BEFORE:
        remember_results()
    forced = {finding.side for finding in untrue(version)}
    workflow.dag.forcefiles.update(forced)
    truth.date_in_order(steps_of(version).keys() - forced, PLAN_BEGAN)


def remember_results():
    """What the built versions have before the run; nothing is dated later than now."""
    for version in BUILD:
        sides = Path("results", version, "provenance").rglob("*.json")
        BEFORE[version] = truth.recorded(sides)
    if not workflow.dryrun:
        files = [path for path in Path("results").rglob("*") if path.is_file()]
        truth.bring_to(PLAN_BEGAN, [*files, *review_files(), REQUIREMENTS])
