package query

import (
	"fmt"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
	"github.com/seed-7694ebf6/plinth/store/schema"
)

// Aggregate computes one value from the rows of a group. A [Selected] with an aggregate
// turns the rows of an answer into groups. The columns selected without one are the
// grouping columns. Without grouping columns all rows form one group, also if there are
// no rows.
//
// NULL values are ignored. Without values Count is 0 and every other aggregate is NULL.
// The results are identical on both engines.
type Aggregate uint8

// The aggregates. Sum and Avg are of integers, decimals and floats, Min and Max
// of every kind that has an order.
const (
	// AggregateCount is the number of values, or of rows if no column is named: an
	// integer.
	AggregateCount Aggregate = iota + 1

	// AggregateSum is the exact sum: a decimal, with the largest scale of the values.
	// For floats it is the float nearest to the exact sum of the values. The order of
	// the rows does not matter.
	AggregateSum

	// AggregateAvg is the average: a decimal, rounded half away from zero to at
	// least 16 digits as PostgreSQL rounds it. Of floats it is a float.
	AggregateAvg

	// AggregateMin and AggregateMax are the smallest and the greatest value by
	// the order rows are sorted in. Decimals have the largest scale of the
	// values.
	AggregateMin
	AggregateMax
)

// aggregateNames are the names of the functions on the wire and in an answer.
var aggregateNames = [...]string{
	AggregateCount: "count", AggregateSum: "sum", AggregateAvg: "avg", AggregateMin: "min", AggregateMax: "max",
}

// String returns the name of the function, empty for the zero Aggregate.
func (a Aggregate) String() string {
	if int(a) < len(aggregateNames) {
		return aggregateNames[a]
	}
	return fmt.Sprintf("Aggregate(%d)", a)
}

// AggregateNamed returns the aggregate with a name as String gives it.
func AggregateNamed(name string) (Aggregate, bool) {
	for a := AggregateCount; a <= AggregateMax; a++ {
		if aggregateNames[a] == name {
			return a, true
		}
	}
	return 0, false
}

// Result returns the kind of an aggregate of values of a kind.
func (a Aggregate) Result(col *schema.Column, of driver.Kind) (driver.Kind, error) {
	switch a {
	case AggregateCount:
		return driver.KindInt, nil
	case AggregateSum, AggregateAvg:
		switch of {
		case driver.KindInt, driver.KindDecimal:
			return driver.KindDecimal, nil
		case driver.KindFloat:
			return driver.KindFloat, nil
		}
		return 0, aggregateError(a, col, "is not a number")
	case AggregateMin, AggregateMax:
		if of.Ordered() {
			return of, nil
		}
		return 0, aggregateError(a, col, "has no order")
	}
	return 0, &fault.QueryError{Kind: fault.QueryMalformed, Reason: fmt.Sprintf("there is no aggregate %s", a)}
}

func aggregateError(a Aggregate, col *schema.Column, why string) error {
	return &fault.ValueError{Column: col.Name, Kind: fault.ValueWrongKind, Reason: fmt.Sprintf("%s does not fit: the column %s", a, why)}
}
