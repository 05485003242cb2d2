# Needs: a folder of review folders (`--config reviews=FOLDER`), each with config/ and data/.
# Makes: each review by a run of its own, and FOLDER/index.html: search, state, headlines of each.
import re
import sys
from pathlib import Path

REVIEWS = Path(str(config["reviews"])).absolute()
if not REVIEWS.is_dir():
    raise WorkflowError(f"There is no folder {REVIEWS} of reviews.")

sys.path.insert(0, str(HOUSE / "workflow/scripts"))
from singlearm.catalogue.json_files import read_json
from singlearm.report import review_list
from singlearm.reviews import PAGE, STATES


include: "start.smk"


REVIEW_NAMES = review_list.review_folders(REVIEWS)
if not REVIEW_NAMES:
    raise WorkflowError(f"No folder in {REVIEWS} has a {review_list.PROTOCOL}.")
if review_list.PATTERN & set(str(REVIEWS)):
    raise WorkflowError(
        f"{REVIEWS}: {{}} and <> in a path stand for others. Rename it."
    )
#: The review of each name that may stand in a pattern.
BY_KEY = {review_list.key(name): name for name in REVIEW_NAMES}
STATE = f"{REVIEWS}/{STATES}/{{name}}.json"


wildcard_constraints:
    name="|".join(map(re.escape, BY_KEY)),


def nothing_but_again(_):
    """No files. Every plan begins here, so here each review is made to run again.

    Its own plan knows what of it is not current, and a run with nothing to do is short. A review's
    protocol is no input: one that is dated ahead or cannot be read would stop the others.
    """
    workflow.dag.forcefiles.update(expand(STATE, name=BY_KEY))
    return []


rule build_review:
    input:
        nothing_but_again,
    output:
        state=STATE,
    log:
        "logs/reviews/{name}.log",
    conda:
        "../../envs/python.yaml"
    threads: max(1, (workflow.cores or 1) // len(REVIEW_NAMES))
    params:
        reviews=str(REVIEWS),
        name=lambda wildcards: BY_KEY[wildcards.name],
        # many reviews side by side with a core each; a few share the cores
        cores=max(1, (workflow.cores or 1) // len(REVIEW_NAMES)),
    message:
        "Review {wildcards.name}"
    script:
        "../scripts/build_review.py"


rule write_index:
    input:
        states=expand(STATE, name=BY_KEY),
    output:
        page=f"{REVIEWS}/{PAGE}",
    log:
        "logs/reviews.log",
    conda:
        "../../envs/python.yaml"
    message:
        "The page of all reviews"
    script:
        "../scripts/write_index.py"


onsuccess:
    states = [read_json(path) for path in expand(STATE, name=BY_KEY)]
    for line in review_list.ending(states):
        print(line)
    print(f"open {REVIEWS}/{PAGE}")
