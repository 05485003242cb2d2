#!/usr/bin/env bash
# Every review of a folder as one job of a SLURM array; waits, then writes the page of all.
#   workflow/scripts/cluster.sh FOLDER [CORES]      CORES of each review, 2 if not given
# `SBATCH` holds further words for sbatch, such as "--partition=long --time=60 --mem=4G".
# Run from the folder of the workflow with the environment's python first on the PATH (`make cluster`).
set -euo pipefail
reviews=$(realpath "$1")
cores=${2:-2}
house=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..")
export PYTHONPATH="$house/workflow/scripts"
number=$(python -m singlearm.reviews start "$reviews")
mkdir -p "$reviews/.slurm"
# The job's words reach it as arguments, so that no sign in a folder's name is a command; a percent
# sign in the name of a log would be one of sbatch's own.
# shellcheck disable=SC2086
job=$(sbatch --parsable --wait --array="0-$((number - 1))" --nodes=1 --ntasks=1 --cpus-per-task="$cores" \
    --job-name=reviews --output="${reviews//%/%%}/.slurm/%a.log" ${SBATCH:-} \
    "$house/workflow/scripts/cluster_job.sh" "$(command -v python)" "$reviews" "$cores" "$PYTHONPATH") ||
    failed=yes
if [ -z "$job" ]; then
    echo "sbatch took no job; the page of $reviews is as it was" >&2
    exit 1
fi
if [ -n "${failed:-}" ]; then
    echo "some jobs failed; their logs are in $reviews/.slurm" >&2
fi
python -m singlearm.reviews index "$reviews"
