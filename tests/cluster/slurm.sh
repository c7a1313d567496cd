#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# slurm.sh: runs a command under a real Slurm, of which every virtual host is a node.
#
#   cluster.sh N bash slurm.sh COMMAND [ARGUMENT...]
#
# Called on host n1, where the controller runs; COMMAND finds it by SLURM_CONF. Each node says that it has two
# processors, whatever the machine has. The daemons end with the cluster. Exit code: COMMAND's, or 1 with the
# end of the logs when Slurm does not come up.
set -u
state=/run/rask-cluster
dir=$state/slurm
on=$(dirname "$(realpath "${BASH_SOURCE[0]}")")/on.sh
n_hosts=$(grep -c ' n[0-9]*$' $state/hosts)
export PATH=$PATH:/usr/sbin:/sbin SLURM_CONF=$dir/slurm.conf

configuration()
{
    cat <<CONF
ClusterName=virtual
SlurmctldHost=n1(10.77.0.1)
AuthType=auth/munge
AuthInfo=socket=$dir/munge.socket
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool.%n
TmpFS=$dir/tmp.%n
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd.%n.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd.%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/affinity
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
ReturnToService=2
SchedulerType=sched/builtin
SchedulerParameters=sched_interval=1,batch_sched_delay=0
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SlurmdParameters=config_overrides
MinJobAge=300
KillWait=5
NodeName=n[1-$n_hosts] NodeAddr=10.77.0.[1-$n_hosts] CPUs=2 RealMemory=500 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
CONF
}

fail()
{
    echo "slurm.sh: $1" >&2
    tail -n 5 $dir/*.log >&2
    exit 1
}

mkdir -p $dir/state && chmod 755 $dir || exit 1
configuration >"$SLURM_CONF"
(umask 077 && head -c 1024 /dev/urandom >$dir/munge.key)
munged --force --key-file=$dir/munge.key --socket=$dir/munge.socket --pid-file=$dir/munged.pid \
    --log-file=$dir/munged.log --seed-file=$dir/munge.seed 2>$dir/munged.err.log || fail "munged does not start"
slurmctld -c || fail "slurmctld does not start"
for k in $(seq "$n_hosts"); do
    mkdir -p "$dir/spool.n$k" "$dir/tmp.n$k"
    bash "$on" "n$k" env -u TMPDIR slurmd || fail "slurmd of n$k does not start"
done
for _ in $(seq 150); do
    [ "$(sinfo -h -t idle -o %D 2>/dev/null)" != "$n_hosts" ] || exec env -u TMPDIR "$@"
    sleep 0.1
done
fail "not all of $n_hosts nodes have come up"
