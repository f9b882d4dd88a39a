#!/usr/bin/env bash
# Where jobs run. run.sh sources this with the choice of --cmd; edit it to suit your site.
# A command stands before each job's own and must wait for it and pass on its exit code.

case ${1:-local} in
  local)
    SERNET_CPU_CMD=""
    SERNET_GPU_CMD=""
    # A model here is small: several train on one GPU at a time, on as many GPUs as --ngpu says, --nj jobs in all.
    # Reckon with 2 GB of the GPU and most of a CPU core for each (an estimate): 4 suit a card of 12 GB, 16 one of 80 GB
    # beside as many cores. A job that runs out of memory says so in its log; give fewer then. Under NVIDIA's MPS
    # (nvidia-cuda-mps-control -d) they compute side by side, without it in turns.
    SERNET_JOBS_PER_GPU=${SERNET_JOBS_PER_GPU:-4}
    ;;
  slurm)
    SERNET_CPU_CMD="srun --quiet --ntasks=1 --cpus-per-task=1 --mem=4G --job-name=sernet"
    # One job a GPU; where your site shares them among jobs, --gres=shard:1 instead of gpu:1.
    SERNET_GPU_CMD="srun --quiet --ntasks=1 --cpus-per-task=2 --mem=8G --gres=gpu:1 --job-name=sernet"
    SERNET_JOBS_PER_GPU=1
    ;;
esac
export SERNET_CPU_CMD SERNET_GPU_CMD SERNET_JOBS_PER_GPU
