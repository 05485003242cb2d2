#!/usr/bin/env bash
# A SLURM of one node on this machine, for tests: start.sh FOLDER (as root; stop.sh FOLDER ends it).
# Needs Debian's munge slurmctld slurmd slurm-client; no systemd, no accounting. CPUS: cores of the node, 4 if not given.
set -euo pipefail
folder=$(realpath -m "$1")
cpus=${CPUS:-4}
mkdir -p "$folder"/{state,spool,log,run,munge}
chmod 755 "$folder" "$folder/munge"
(umask 077 && head -c 1024 /dev/urandom >"$folder/munge/key")
munged --key-file="$folder/munge/key" --socket="$folder/munge/socket" \
    --pid-file="$folder/munge/pid" --seed-file="$folder/munge/seed" --log-file="$folder/munge/log"
cat >"$folder/slurm.conf" <<CONF
ClusterName=test
SlurmctldHost=localhost
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge/socket
SlurmctldPort=16817
SlurmdPort=16818
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/run/slurmctld.pid
SlurmdPidFile=$folder/run/slurmd.pid
SlurmctldLogFile=$folder/log/slurmctld.log
SlurmdLogFile=$folder/log/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SchedulerParameters=batch_sched_delay=0,bf_interval=5
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
AccountingStorageType=accounting_storage/none
JobAcctGatherType=jobacct_gather/none
KillWait=5
SlurmdParameters=config_overrides
NodeName=localhost CPUs=$cpus Boards=1 SocketsPerBoard=1 CoresPerSocket=$cpus ThreadsPerCore=1 RealMemory=8000
PartitionName=main Nodes=localhost Default=YES DefMemPerCPU=1000 MaxTime=INFINITE State=UP
CONF
# The executor plugin takes SLURM_* away from its jobs: the place must be the usual one.
mkdir -p /etc/slurm
ln -sfn "$folder/slurm.conf" /etc/slurm/slurm.conf
slurmctld
slurmd -N localhost
for _ in $(seq 300); do
    sinfo --noheader --format=%T | grep -q idle && exit 0
    sleep 0.2
done
echo "the node did not become idle" >&2
exit 1
