"""The code points of a character class, computed by set algebra."""

from __future__ import annotations

from harnpy.vm.patterns import ranges
from harnpy.vm.patterns.folding import fold_ranges
from harnpy.vm.patterns.nodes import (
    Bracketed,
    Case,
    ClassOperation,
    ClassSet,
    ClassUnion,
    Property,
    Ranges,
    SetOperator,
)
from harnpy.vm.patterns.properties import code_points_of
from harnpy.vm.patterns.ranges import RangeSet


def code_points(content: ClassSet, case: Case) -> RangeSet:
    """The canonical set of a class. Every set is folded before it is negated or operated on."""
    match content:
        case Ranges(ranges=pairs):
            return fold_ranges(ranges.intersect(ranges.union(pairs), ranges.ALL), case)
        case Property(source=source, negated=negated, case_closed=closed):
            found = fold_ranges(code_points_of(source), Case.EXACT if closed else case)
            return ranges.negate(found) if negated else found
        case ClassUnion(items=items):
            return ranges.union(*[code_points(item, case) for item in items])
        case Bracketed(inner=inner, negated=negated):
            found = fold_ranges(code_points(inner, case), case)
            return ranges.negate(found) if negated else found
        case ClassOperation(operator=operator, left=left, right=right):
            first = fold_ranges(code_points(left, case), case)
            second = fold_ranges(code_points(right, case), case)
            return _operate(operator, first, second)


def _operate(operator: SetOperator, left: RangeSet, right: RangeSet) -> RangeSet:
    both = ranges.intersect(left, right)
    match operator:
        case SetOperator.INTERSECTION:
            return both
        case SetOperator.DIFFERENCE:
            return ranges.intersect(left, ranges.negate(right))
        case SetOperator.SYMMETRIC_DIFFERENCE:
            return ranges.intersect(ranges.union(left, right), ranges.negate(both))
