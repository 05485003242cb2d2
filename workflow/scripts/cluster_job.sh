#!/usr/bin/env bash
# One review of an array: PYTHON FOLDER CORES PACKAGE; the number of the review is the array's.
export PYTHONPATH="$4"
exec "$1" -m singlearm.reviews build "$2" "$SLURM_ARRAY_TASK_ID" "$3"
