#!/usr/bin/env bash
# Where jobs run. run.sh sources this with the choice of --cmd; edit it to suit your site.
# A command stands before each job's own and must wait for it and pass on its exit code.

case ${1:-local} in
  local)
    SERNET_CPU_CMD=""
    SERNET_GPU_CMD=""
    ;;
  slurm)
    SERNET_CPU_CMD="srun --quiet --ntasks=1 --cpus-per-task=1 --mem=4G --job-name=sernet"
    SERNET_GPU_CMD="srun --quiet --ntasks=1 --cpus-per-task=2 --mem=8G --gres=gpu:1 --job-name=sernet"
    ;;
esac
export SERNET_CPU_CMD SERNET_GPU_CMD
