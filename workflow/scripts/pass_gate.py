"""Let the sheets of a version pass if they have no errors."""

from collections import Counter

from singlearm import step
from singlearm.catalogue import tables


def run(inputs, outputs, params):  # noqa: ARG001
    """Write the counts of problems, or stop with every kind of error."""
    problems = tables.read_table(inputs.problems, "problems")
    errors = [problem for problem in problems if problem["severity"] == "error"]
    if errors:
        raise step.StepError(error_text(errors))
    warnings = Counter(problem["rule"] for problem in problems)
    tables.write_json(
        outputs.gate, {"errors": 0, "warnings": len(problems), "warnings_by_rule": warnings}
    )


def error_text(errors):
    """One line for each kind of error: place, value, what is allowed, hint, and how many more."""
    from singlearm.sheets.problems import lines_of

    count = "1 error" if len(errors) == 1 else f"{len(errors)} errors"
    lines = "\n".join(f"  - {line}" for line in lines_of(errors))
    return f"{count} in the sheets; nothing was computed.\n{lines}"


if __name__ == "__main__":
    step.main(snakemake, run)
