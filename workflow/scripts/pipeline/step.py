"""The one runner of all steps: log, warnings, and errors that say what failed and where."""

import sys
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path


class StepError(Exception):
    """A fault that the reader can mend; shown as its message, without a traceback."""


def main(snakemake, run: Callable) -> None:
    """Call `run(inputs, outputs, params)` of a script with the paths and values of its rule.

    Warnings and tracebacks go to the rule's log. On screen appears what a person needs: the rule,
    what it works on, the message and the log's path.
    """
    where = ", ".join(f"{name} {value}" for name, value in sorted(snakemake.wildcards.items()))
    log_path = Path(snakemake.log[0])
    log_path.parent.mkdir(parents=True, exist_ok=True)
    with log_path.open("w", encoding="utf-8") as log, warnings.catch_warnings():
        warnings.simplefilter("default")
        warnings.showwarning = lambda message, category, *_, **__: print(
            f"{category.__name__}: {message}", file=log
        )
        try:
            run(snakemake.input, snakemake.output, snakemake.params)
        except StepError as error:
            print(error, file=log)  # noqa: T201
            told = str(error)
        except Exception as error:
            traceback.print_exc(file=log)
            told = f"{type(error).__name__}: {error}"
        else:
            return
    sys.exit(f"\n{snakemake.rule} ({where}) stopped: {told}\nLog: {log_path}")
