"""How is an operation of a plan worded? In one line for people."""

from contractctl.model.plan import Operation, Stage
from contractctl.planner.touched import pairs_in

_LATE = {Stage.QUIESCE.value: ", once quiesced", Stage.CONTRACT.value: ", once contracted"}


def in_words(operation: Operation) -> str:
    """Kind, table, and what becomes what."""
    head = f"{operation.kind} {operation.subject}"
    said, regroup = operation.parameters, operation.regroup
    match operation.kind:
        case "split-column" | "merge-columns" if regroup is not None:
            return f"{head}: {', '.join(regroup.downs)} → {', '.join(regroup.ups)}"
        case "move-column":
            return f"{head}: {operation.old} → {said.get('to')}.{operation.new}"
        case "extract-table":
            pairs = pairs_in(said.get("columns", ""))
            news = ", ".join(there for _, there in pairs)
            return f"{head}: {', '.join(here for here, _ in pairs)} → {said.get('to')} ({news})"
        case "rename-table":
            return f"{head} → {operation.new}"
        case "copy-table" if "within" in said:
            return f"{head}: {operation.new}, {said['within'].replace(',', ', ')}"
        case "create-table" | "drop-table":
            return head
        case kind if kind.startswith(("add-", "drop-", "create-")) and _says(operation):
            late = _LATE.get(said.get("stands", ""), "")
            return f"{head}: {operation.new or operation.old} {_says(operation)}{late}"
        case _:
            names = dict.fromkeys(name for name in (operation.old, operation.new) if name)
            return f"{head}: {' → '.join(names)}"


def _says(operation: Operation) -> str:
    """What a constraint or an index is about; empty for anything else."""
    said = operation.parameters
    if "condition" in said:
        return f"({said['condition']})"
    if "references" in said:
        referred = f" ({said['referred'].replace(',', ', ')})" if "referred" in said else ""
        return f"({said.get('columns', '').replace(',', ', ')}) → {said['references']}{referred}"
    unique = "unique " if "unique" in said else ""
    return f"{unique}({said['columns']})" if "columns" in said else ""
