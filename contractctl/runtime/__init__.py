"""What does an application import? Counters of field reads, the canary's share; nothing heavy until it is used.

- `contractctl.runtime.reads`: FieldReads counts reads of a field and reports that the instrument is alive.
- `contractctl.runtime.sqlalchemy`: count_reads counts the statements of an engine that read a column.
- `contractctl.runtime.sqlite`: count_reads does the same for a plain sqlite3 connection.
- `contractctl.runtime.canary`: Canary decides which path a request takes, and counts its outcome.
- `contractctl.runtime.otlp_file`: writes the metrics to a file that `contractctl evidence collect` reads.
"""
