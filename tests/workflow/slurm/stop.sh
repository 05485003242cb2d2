#!/usr/bin/env bash
# Ends what start.sh FOLDER started, by its process ids.
for file in run/slurmd.pid run/slurmctld.pid munge/pid; do
    if [ -f "$1/$file" ]; then
        kill "$(cat "$1/$file")"
        sleep 0.5
    fi
done
[ "$(readlink /etc/slurm/slurm.conf)" != "$1/slurm.conf" ] || rm -f /etc/slurm/slurm.conf
