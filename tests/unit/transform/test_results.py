"""dbt's words, read into Buck's."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from buck.errors import ModelFailed, TransformError
from buck.records.build import BuildResult, NodeResult
from buck.transform import raise_for_models
from buck.transform.results import read_nodes

RAW = """Runtime Error in model fct_payments (models/marts/finance/fct_payments.sql)
  Binder Error: Referenced column "ammount" not found in FROM clause!
  Candidate bindings: "amount"

  LINE 17:     ammount,
               ^
  compiled code at target/run/shop/models/fct_payments.sql"""


def run_result(**changes):
    node = SimpleNamespace(
        unique_id="model.shop.fct_payments",
        name="fct_payments",
        alias="fct_payments",
        schema="finance",
        original_file_path="models/marts/finance/fct_payments.sql",
        raw_code="select\n    payment_id,\n    ammount,\nfrom x",
        compiled_code="select 1",
        config=SimpleNamespace(materialized="table", meta={"owner": "finance team"}),
        description="One row per payment.",
    )
    given = {
        "node": node,
        "status": "error",
        "message": RAW,
        "execution_time": 0.12345,
        "failures": None,
        "timing": [],
    }
    return SimpleNamespace(**(given | changes))


def read(**changes):
    return read_nodes([run_result(**changes)], {}, env={"DBT_ENV_SECRET_KEY": "hunter2"})[0]


def test_an_error_is_the_databases_message_with_the_line_of_the_file():
    node = read()
    assert (node.status, node.line) == ("errored", 3)
    assert node.message.startswith('Binder Error: Referenced column "ammount" not found')
    assert "compiled code at" not in node.message
    assert "Runtime Error in model" not in node.message


def test_a_line_that_stands_twice_is_not_guessed():
    result = run_result()
    result.node.raw_code += "\nammount,"
    assert read_nodes([result], {}, env={})[0].line is None


def test_secrets_and_addresses_are_not_in_messages():
    node = read(
        message="Runtime Error in model x (y.sql)\n  no access for ann@shop.example hunter2"
    )
    assert node.message == "no access for ••• *****"


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("success", "ok"),
        ("no-op", "ok"),
        ("pass", "passed"),
        ("warn", "warned"),
        ("fail", "failed"),
        ("runtime error", "errored"),
        ("skipped", "skipped"),
        ("a status of tomorrow", "errored"),
    ],
)
def test_every_status_of_dbt_has_one_of_ours(theirs, ours):
    assert read(status=theirs).status == ours


def test_the_place_of_a_model_is_its_folder():
    node = read()
    assert (node.layer, node.domain, node.owner) == ("marts", "finance", "finance team")


def test_only_hooks_and_models_that_failed_are_raised_for():
    def node(kind, status, name):
        return NodeResult(
            unique_id=f"{kind}.x.{name}", name=name, kind=kind, status=status, message="m", file="f"
        )

    def built(*nodes):
        return BuildResult(command="build", success=False, nodes=nodes, seconds=1)

    raise_for_models(built(node("test", "failed", "t"), node("test", "errored", "u")))
    with pytest.raises(TransformError, match=r"hook shop-on-run-start-0 failed \(f\): m"):
        raise_for_models(built(node("operation", "errored", "shop-on-run-start-0")))
    two = built(node("model", "errored", "a"), node("model", "errored", "b"))
    with pytest.raises(ModelFailed, match=r"model a failed .*, and 1 more: m"):
        raise_for_models(two)
