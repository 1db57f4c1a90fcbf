"""Which documents may show a finding? Tried in this order; graphql-core decides which one does."""

from collections.abc import Callable, Iterator, Mapping

from contractctl.formats.graphql.trials import answers, inputs
from contractctl.formats.graphql.trials.cases import Case, Trial

TRIALS: Mapping[str, Callable[[Case], Iterator[Trial]]] = {
    "graphql-operation-removed": answers.operation_removed,
    "graphql-type-removed": answers.type_removed,
    "graphql-type-kind-changed": answers.kind_changed,
    "graphql-field-removed": answers.field_removed,
    "graphql-field-type-changed": answers.field_type_changed,
    "graphql-null-unexpected": answers.null_unexpected,
    "graphql-fields-conflict": answers.fields_conflict,
    "graphql-fragment-impossible": answers.fragment_impossible,
    "graphql-type-unknown": answers.type_unknown,
    "graphql-input-removed": inputs.input_removed,
    "graphql-input-required": inputs.input_required,
    "graphql-input-type-changed": inputs.input_type_changed,
    "graphql-input-null-refused": inputs.input_null_refused,
    "graphql-input-default-changed": inputs.input_default_changed,
    "graphql-one-of-added": inputs.one_of_added,
    "graphql-enum-value-removed": inputs.enum_value_removed,
    "graphql-enum-value-unknown": answers.enum_value_unknown,
    "graphql-directive-removed": inputs.directive_removed,
    "graphql-directive-location-removed": inputs.directive_removed,
    "graphql-directive-once": inputs.directive_removed,
}
"""Rule → the trials for one of its findings."""
