#!/usr/bin/env bash
# A sweep as a job array, interrupted once and queued again, has the tables of the same study computed in one go.
#   with_slurm.sh sweep.sh PROGRAM
set -euo pipefail
export SPINODAL=$1
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

cat > "$folder/protocol.yaml" <<END
vars: {rate: 1C}
defaults: {record: {dt: 60 s}}
steps:
  - {loop: {repeat: 25, steps: [{discharge: {at: rate}, until: ["V <= Vmin"]}, {charge: {at: rate, to: Vmax}}]}}
END
cat > "$folder/study.yaml" <<END
name: radius and rate
cell: $PWD/cells/nmc111-graphite-pouch.json
protocol: protocol.yaml
mesh: 20/10/20x40
vary:
  radius: {"Positive electrode/Particle radius [m]": {from: 2.0e-6, to: 8.0e-6, count: 4}}
  rate: {vars/rate: [C/2, 1C]}
END
"$SPINODAL" compare "$folder/study.yaml" -o "$folder/whole" --tables > /dev/null
"$SPINODAL" sweep plan "$folder/study.yaml" -o "$folder/shared"
job=$(sbatch --parsable --array=1-4 --output="$folder/task-%a.log" Examples/slurm/sweep.sbatch "$folder/shared")

# As soon as something is there, what runs is asked to stop; what does not run yet complains.
for _ in $(seq 600); do
  if ls "$folder"/shared/runs/*.part/*.checkpoint > /dev/null 2>&1; then break; fi
  sleep 0.1
done
# A task that began at the same time listens for signals by then.
sleep 0.3
scancel --signal=USR1 "$job" 2> /dev/null || true
interrupted=0
for _ in $(seq 300); do
  queue=$(squeue --noheader --array --jobs="$job" --format='%i %T' 2> /dev/null || true)
  [ -n "$queue" ] || break
  # What is queued again would wait for two minutes.
  for task in $(echo "$queue" | awk '$2 == "PENDING" { print $1 }'); do
    scontrol update JobId="$task" StartTime=now 2> /dev/null || true
  done
  sleep 0.5
done
grep -l "the same command goes on" "$folder"/task-*.log > /dev/null && interrupted=1
"$SPINODAL" sweep merge "$folder/shared" --tables > /dev/null
cmp "$folder/whole/compare.csv" "$folder/shared/compare.csv"
cmp "$folder/whole/variants.csv" "$folder/shared/variants.csv"
[ "$interrupted" = 1 ] || { echo "no task was interrupted" >&2; cat "$folder"/task-*.log >&2; exit 1; }
echo "8 runs in 4 tasks, interrupted and queued again: the same tables"
