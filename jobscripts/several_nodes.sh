#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Several nodes, one rank per NUMA domain: each rank's threads and objects stay in one domain's memory. Rank 0
# schedules and is the client; the others work.
#
#   sbatch --nodes=4 several_nodes.sh rask csv --by station --agg mean:temperature data/
#   sbatch --nodes=4 several_nodes.sh ./my_program its arguments
#   LAUNCHER=mpirun sbatch several_nodes.sh rask info   mpirun instead of srun
#
# The program and its input must be on a file system that all nodes see. All nodes have as many NUMA domains as
# the first one. Without a command it runs `rask info`, which prints what the job has got.
#SBATCH --job-name=rask
#SBATCH --nodes=2
#SBATCH --exclusive
#SBATCH --time=01:00:00
#SBATCH --output=%x-%j.out
set -eu
[ $# -gt 0 ] || set -- rask info

domains=0
for domain in /sys/devices/system/node/node[0-9]*; do
    # A domain may be memory without a core.
    [ ! -s "$domain/cpulist" ] || [ -z "$(tr -d '[:space:]' <"$domain/cpulist")" ] || domains=$((domains + 1))
done
[ "$domains" -gt 0 ] || domains=1

# Debian's Open MPI switches off the part that makes one-sided access work between hosts on TCP; this switches it
# on again. With InfiniBand another part is the right one, and nothing is said.
[ -n "$(ls /sys/class/infiniband 2>/dev/null)" ] || export OMPI_MCA_osc=^ucx

case ${LAUNCHER:-srun} in
    srun)
        exec srun --mpi=pmix --ntasks-per-node="$domains" --ntasks=$((domains * SLURM_JOB_NUM_NODES)) \
            --cpus-per-task=$((SLURM_CPUS_ON_NODE / domains)) --cpu-bind=ldoms "$@"
        ;;
    mpirun) exec mpirun --map-by ppr:1:numa --bind-to numa "$@" ;;
    *) echo "LAUNCHER is srun or mpirun, not '$LAUNCHER'" >&2; exit 2 ;;
esac
