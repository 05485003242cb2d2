"""Print which results are current, stale (and why), missing or edited by hand."""

from singlearm import step


def run(inputs, outputs, params):  # noqa: ARG001
    """Print the lines that the workflow found when it made its plan."""
    step.tell(params.lines)


if __name__ == "__main__":
    step.main(snakemake, run)
