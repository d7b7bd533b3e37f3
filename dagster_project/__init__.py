"""Junheng (均衡): how evenly are a county's schools equipped?

The rooms, in the order in which a figure passes through them:

``census``   reads a raw file into the canonical form, every figure with its cell and its status
``lake``     keeps each reading as Parquet under the hash of the file, every version for good
``build``    runs dbt over the lake into a fresh database beside the published one
``publish``  audits that database and swaps it in, in one step
``reports``  writes the yearly documents of every county from what is published
``defs``     wires the rooms into Dagster assets, jobs, schedules and sensors
``sample``   writes synthetic census exports in the real file shapes
``cli``      the ``junheng`` command, a thin face over all of this
"""
