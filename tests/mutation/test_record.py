"""The choice of tests for a mutant: every module in turn, those of the mirror folder first, within the budget."""

from tests.mutation import areas, record

FUNCTION = "identity/grants/codes.py:issue"


def recorded(*tests: tuple[str, int]) -> record.Record:
    """Tests of one second each, by module and how many functions they reach."""
    made = [
        record.Test(f"{module}::test_{number}", 1.0, frozenset([FUNCTION, *map(str, range(reach))]))
        for number, (module, reach) in enumerate(tests)
    ]
    other = record.Test("tests/portal/test_other.py::test_other", 1.0, frozenset(["portal/urls.py:urls"]))
    return record.Record([*made, other], [])


def chosen(known: record.Record, budget: float) -> list[str]:
    return [test.module for test in known.reaching([FUNCTION], budget=budget)]


def test_tests_of_several_modules_are_chosen_in_turn() -> None:
    known = recorded(
        ("tests/portal/test_a.py", 1), ("tests/portal/test_a.py", 2), ("tests/portal/test_b.py", 9)
    )
    assert chosen(known, 2) == ["tests/portal/test_a.py", "tests/portal/test_b.py"]
    assert len(chosen(known, 9)) == 3


def test_half_of_the_budget_goes_to_the_mirror_folder_first() -> None:
    mirror, other = "tests/identity/grants/test_codes.py", "tests/portal/test_a.py"
    known = recorded(
        *[(module, number) for number in range(9) for module in (other, mirror, "tests/test_b.py")]
    )
    assert chosen(known, 8)[:4] == [mirror] * 4
    assert chosen(known, 8).count(other) == 2


def test_only_test_of_a_function_is_chosen_although_it_exceeds_the_budget() -> None:
    assert chosen(recorded(("tests/portal/test_a.py", 1)), 0.1) == ["tests/portal/test_a.py"]


def test_function_without_a_test_is_judged_by_its_mirror_folder() -> None:
    known = recorded(("tests/identity/grants/test_codes.py", 3), ("tests/portal/test_a.py", 1))
    found = known.reaching(["identity/grants/validity.py:valid_grant"], budget=9)
    assert [test.module for test in found] == ["tests/identity/grants/test_codes.py"]
    assert known.reaching(["identity_not_ended"], budget=9)[:1] == found


def test_object_of_the_database_is_also_judged_by_the_tests_that_read_the_schema() -> None:
    known = recorded(("tests/identity/grants/test_codes.py", 3))
    found = known.reaching(["identity_not_ended"], budget=9)
    modules = [test.module for test in found]
    assert modules[1:] == [
        "tests/audit/foundation/test_write_guard.py",
        "tests/infrastructure/test_bounds.py",
    ]
    assert all(
        (areas.ROOT / module).read_text().count(f"def {test.id.rpartition('::')[2]}(") == 1
        for module, test in zip(modules[1:], found[1:], strict=True)
    )


def test_function_of_the_database_is_judged_by_the_tests_of_the_modules_that_name_it() -> None:
    test = record.Test(
        "tests/portal/test_a.py::test_a", 1.0, frozenset(["identity/service_users/queries.py:in_force"])
    )
    known = record.Record([test], [])
    assert known.reaching(["identity_service_user_at"], budget=9)[:1] == [test]
    assert test not in known.reaching(["identity_session_open"], budget=9)


def test_function_that_no_test_reaches_has_none() -> None:
    known = recorded(("tests/identity/grants/test_codes.py", 3))
    assert known.reaching(["delegation/people/effects.py:end"], budget=9) == []
