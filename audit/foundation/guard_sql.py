"""Statements that migrations of every layer share: the guard triggers."""


def guard(table: str, *, noting: bool = False) -> str:
    """Refuse writes to `table` outside an act (or, with `noting`, outside `audit.log.observations` as well)."""
    function = "audit_guard_act_or_observation" if noting else "audit_guard"
    return f"""
        CREATE TRIGGER keyholder_guard BEFORE INSERT OR UPDATE OR DELETE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION {function}();
    """


def insert_only(table: str) -> str:
    """Refuse update, delete and truncate of `table` to everybody, its owner included."""
    return f"""
        CREATE TRIGGER keyholder_insert_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION audit_insert_only();
    """
