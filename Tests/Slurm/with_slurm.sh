#!/usr/bin/env bash
# Runs a command with a real Slurm: controller and one node on loopback, in a folder of their own, gone afterwards.
#   with_slurm.sh COMMAND…
# Exit status 77 when Slurm does not start within a minute, else that of the command. Needs Debian's slurm-wlm and munge, and root, because the daemons do.
set -euo pipefail

folder=$(mktemp -d /tmp/slurm-test.XXXXXX)
chmod 755 "$folder"
pids=()
finish() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait 2>/dev/null || true
  rm -rf "$folder"
}
trap finish EXIT

# A key and a socket of its own: the machine may have another munge.
mkdir "$folder/munge" && chmod 700 "$folder/munge" && chown munge "$folder/munge"
dd if=/dev/urandom of="$folder/munge/key" bs=1024 count=1 status=none
chmod 400 "$folder/munge/key" && chown munge "$folder/munge/key"
mkdir "$folder/socket" && chown munge "$folder/socket"
runuser -u munge -- munged --foreground --key-file="$folder/munge/key" --socket="$folder/socket/munge" \
  --pid-file="$folder/munge/pid" --log-file="$folder/munge/log" --seed-file="$folder/munge/seed" 2> /dev/null &
pids+=($!)

cat > "$folder/slurm.conf" <<END
ClusterName=test
SlurmctldHost=$(hostname)(127.0.0.1)
AuthType=auth/munge
AuthInfo=socket=$folder/socket/munge
CredType=cred/munge
SlurmUser=root
SlurmdUser=root
SlurmctldPort=16817
SlurmdPort=16818
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
SlurmctldLogFile=$folder/slurmctld.log
SlurmdLogFile=$folder/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=1,batch_sched_delay=0
KillWait=10
InactiveLimit=0
MessageTimeout=30
NodeName=$(hostname) NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
mkdir "$folder/state" "$folder/spool"
export SLURM_CONF="$folder/slurm.conf"
slurmctld -D 2> /dev/null & pids+=($!)
slurmd -D 2> /dev/null & pids+=($!)

for _ in $(seq 60); do
  if sinfo --noheader --format=%T 2>/dev/null | grep -q idle; then
    "$@"
    exit
  fi
  sleep 1
done
echo "Slurm did not start within a minute:" >&2
tail -n 20 "$folder"/slurm*.log >&2
exit 77
