package sqlite

import (
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/seed-7694ebf6/plinth/internal/canon"
	"modernc.org/sqlite"
)

// aggregates are our aggregate functions. The engine's own sum of integers
// overflows, and it has no decimals; PostgreSQL's results are the model, to the
// last digit.
var aggregates = map[string]func() sqlite.AggregateFunction{
	"pl_sum": func() sqlite.AggregateFunction { return &total{} },
	"pl_avg": func() sqlite.AggregateFunction { return &total{average: true} },
	"pl_min": func() sqlite.AggregateFunction { return &extreme{want: -1} },
	"pl_max": func() sqlite.AggregateFunction { return &extreme{want: 1} },
}

func registerAggregates(d *sqlite.Driver) error {
	for name, start := range aggregates {
		err := d.RegisterFunction(name, &sqlite.FunctionImpl{
			NArgs:         1,
			Deterministic: true,
			VolatileArgs:  true, // what is kept is cloned
			MakeAggregate: func(sqlite.FunctionContext) (sqlite.AggregateFunction, error) { return start(), nil },
		})
		if err != nil {
			return fmt.Errorf("sqlite: register %s: %w", name, err)
		}
	}
	return nil
}

// noWindow is what our aggregates have in common: they are not used in windows
// and hold nothing to be freed.
type noWindow struct{}

var errWindow = errors.New("sqlite: the aggregate does not work in a window")

func (noWindow) WindowInverse(*sqlite.FunctionContext, []sqldriver.Value) error { return errWindow }

func (noWindow) Final(*sqlite.FunctionContext) {}

// total is sum and average, as text. Of no value it is NULL.
type total struct {
	noWindow
	average bool

	sum, value exact
	count      int64
}

// Step adds a value.
func (t *total) Step(_ *sqlite.FunctionContext, args []sqldriver.Value) error {
	switch v := args[0].(type) {
	case nil:
		return nil
	case int64:
		t.value.setInt(v)
	case float64:
		t.value.setFloat(v)
	case string:
		if !isDecimal(v) {
			return errors.New(valueErrorPrefix + "a text that is not a number is added")
		}
		t.value.setDecimal(v)
	default:
		return fmt.Errorf("%s%T is added", valueErrorPrefix, v)
	}
	t.sum.add(&t.value)
	t.count++
	return nil
}

// WindowValue returns the result.
func (t *total) WindowValue(*sqlite.FunctionContext) (sqldriver.Value, error) {
	if t.count == 0 {
		return nil, nil // NULL
	}
	result := &t.sum
	if t.average {
		result = t.sum.over(t.count)
	}
	return result.String(), nil
}

// plTotal is pl_total(x): the float next to a sum or an average of floats.
func plTotal(args []sqldriver.Value) (sqldriver.Value, error) {
	text, ok := args[0].(string)
	if !ok {
		return nil, nil // NULL
	}
	f, err := canon.ParseFloat(text)
	if err != nil {
		return nil, errors.New(valueErrorPrefix + "the result is not a float")
	}
	return f, nil
}

// extreme is the smallest or the greatest decimal number, with the largest scale
// of all.
type extreme struct {
	noWindow
	want int // how a better one compares

	best  string // empty: none yet
	scale int
}

// Step compares a value.
func (e *extreme) Step(_ *sqlite.FunctionContext, args []sqldriver.Value) error {
	var text string
	switch v := args[0].(type) {
	case nil:
		return nil
	case int64:
		text = strconv.FormatInt(v, 10)
	case string:
		text = v
	}
	if !isDecimal(text) {
		return errors.New(valueErrorPrefix + "a text that is not a decimal number is compared")
	}
	_, frac, _ := strings.Cut(text, ".")
	e.scale = max(e.scale, len(frac))
	if e.best == "" || canon.CompareDecimal(text, e.best) == e.want {
		e.best = strings.Clone(text)
	}
	return nil
}

// WindowValue returns the result.
func (e *extreme) WindowValue(*sqlite.FunctionContext) (sqldriver.Value, error) {
	if e.best == "" {
		return nil, nil // NULL
	}
	whole, frac, point := strings.Cut(e.best, ".")
	if !point && e.scale == 0 {
		return whole, nil
	}
	return whole + "." + frac + strings.Repeat("0", e.scale-len(frac)), nil
}
