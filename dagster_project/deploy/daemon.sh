#!/bin/sh
# What the container runs: the shipped instance configuration into the volume, then the daemon.
set -eu
cp /etc/junheng/dagster.yaml "$DAGSTER_HOME/dagster.yaml"
python -m dagster_project.defs.orphans
exec dagster-daemon run -m dagster_project.definitions
