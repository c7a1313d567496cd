#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# One node, all its cores: one process with a thread per core, which needs no message at all.
#
#   sbatch one_node.sh rask csv --by station --agg mean:temperature data/
#   sbatch one_node.sh ./my_program its arguments
#   LAUNCHER=mpirun sbatch one_node.sh rask info        mpirun instead of srun
#
# Without a command it runs `rask info`, which prints what the job has got.
#SBATCH --job-name=rask
#SBATCH --nodes=1
#SBATCH --ntasks=1
#SBATCH --exclusive
#SBATCH --time=01:00:00
#SBATCH --output=%x-%j.out
set -eu
[ $# -gt 0 ] || set -- rask info

# The process gets every core of the node. Without these options srun may give it one core, and mpirun does.
case ${LAUNCHER:-srun} in
    srun) exec srun --mpi=pmix --ntasks=1 --cpus-per-task="$SLURM_CPUS_ON_NODE" --cpu-bind=none "$@" ;;
    mpirun) exec mpirun -n 1 --bind-to none "$@" ;;
    *) echo "LAUNCHER is srun or mpirun, not '$LAUNCHER'" >&2; exit 2 ;;
esac
