"""Contract of the ledger: how far each step has read the tables that it follows."""

from feedback_assets.contracts.table import Column, Table

CURSORS = Table(
    name="ledger/cursors",
    row="How far one step has read one of its inputs: everything up to this version is in what the step wrote.",
    owner="data-platform",
    columns=(
        Column("consumer", "string", "The step: the first table that it writes, or the destination that it tells."),
        Column("input", "string", "Name of the table that was read, or setting:<name>."),
        Column("identity", "string", "Delta id of the table, so that one made anew is not taken for it; for a setting its version."),
        Column("version", "int64", "Delta version that was read; -1 for a table that did not exist, and for settings.", at_least=-1),
    ),
    key=("consumer", "input"),
)

TABLES = (CURSORS,)
