#!/bin/sh
# One gate here, generators on other machines by ssh, one verdict.
#
#   deploy/machines/run.sh ADDRESS HOST... [-- GATE OPTIONS...]
#
# ADDRESS is this machine as the others reach it. Each HOST has Node 20 and a folder with tapedeck installed, which
# TAPEDECK_REMOTE names (default: tapedeck, below the home folder). PORT (default 7070) must be reachable on this machine,
# and so must the port of the proxy through which the load comes, which the system chooses.
set -eu
[ $# -ge 2 ] || { echo "usage: $0 ADDRESS HOST... [-- GATE OPTIONS...]" >&2; exit 64; }
address=$1
shift
port=${PORT:-7070}
remote=${TAPEDECK_REMOTE:-tapedeck}
TAPEDECK_JOIN_KEY=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
export TAPEDECK_JOIN_KEY

hosts=
count=0
while [ $# -gt 0 ] && [ "$1" != -- ]; do
  hosts="$hosts $1"
  count=$((count + 1))
  shift
done
[ $# -eq 0 ] || shift

for host in $hosts; do
  # Sockets: see docs/many-generators.md for what else a machine needs.
  ssh "$host" "cd $remote && ulimit -n \$(ulimit -Hn) && for try in 1 2 3 4 5 6 7 8 9 10; do
    npx tapedeck swarm --join http://$address:$port/$TAPEDECK_JOIN_KEY; code=\$?; [ \$code -ne 69 ] && exit \$code; sleep 1
  done; exit 69" &
done
code=0
npx tapedeck gate --generators "$count" --coordinate "0.0.0.0:$port" --advertise "$address" --load swarm "$@" || code=$?
wait
exit $code
