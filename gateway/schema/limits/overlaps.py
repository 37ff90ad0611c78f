"""The one rule of validation that may take the square of a document's length, and more through fragments."""

from typing import Any

from graphql import SelectionSetNode, ValidationContext
from graphql.validation import OverlappingFieldsCanBeMergedRule
from graphql.validation.validate import ValidationAbortedError
from typing_extensions import override

from gateway.errors import LimitExceededError
from gateway.schema.limits.maxima import OVERLAP_UNITS


class BoundedOverlapsRule(OverlappingFieldsCanBeMergedRule):
    """graphql-core's rule, which gives up earlier and says why."""

    def __init__(self, context: ValidationContext) -> None:
        super().__init__(context)
        # What its `MAX_COMPLEXITY_BUDGET` sets for the whole process.
        self.rule_context.remaining_complexity_budget = OVERLAP_UNITS

    @override
    def enter_selection_set(self, selection_set: SelectionSetNode, _key: Any, parent: Any, *_args: Any) -> None:
        try:
            super().enter_selection_set(selection_set, _key, parent, *_args)
        except ValidationAbortedError:
            if self.rule_context.remaining_complexity_budget >= 0:
                raise  # There were too many errors.
            raise LimitExceededError("overlaps", OVERLAP_UNITS) from None
