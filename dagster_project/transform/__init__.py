"""From the lake to a finished database beside the published one, by dbt in this process."""
