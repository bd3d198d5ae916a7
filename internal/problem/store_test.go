package problem_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/testkit/errortest"
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/fault"
)

// storeErrors are the errors of the store, each in the forms that are answered differently.
func storeErrors() []error {
	list := []error{
		fault.ErrNotFound, fault.ErrConflict, fault.ErrStale, fault.ErrDenied, fault.ErrUnavailable, fault.ErrBusy, driver.ErrBusy, fault.ErrTimeout,
		fault.ErrTooLarge, fault.ErrReadOnlyTable, fault.ErrOutOfRange, fault.ErrReceiptBusy, fault.ErrTxDone, fault.ErrNoScope,
		&fault.UnknownTableError{Table: "tsks"}, &fault.UnknownTableError{Table: "tsks", Near: "tasks"},
		&fault.UnknownColumnError{Table: "tasks", Column: "stauts"}, &fault.UnknownColumnError{Table: "tasks", Column: "stauts", Near: "status"},
		&fault.UnknownColumnError{Table: "tasks", Column: "stauts", Payload: true}, &fault.UnknownColumnError{Table: "tasks", Column: "it's", Payload: true, Near: "status"},
		&fault.UnknownRelationError{Table: "tasks", Relation: "people"}, &fault.UnknownRelationError{Table: "tasks", Relation: "people!by", Near: "person"},
		&fault.AmbiguousRelationError{Table: "tasks", Relation: "people!inner", Candidates: []fault.RelationCandidate{
			{Cardinality: "many-to-one", Embedding: "tasks with people", Relationship: "a using <b>", Name: "people!author"},
			{Cardinality: "many-to-many", Embedding: "tasks with people", Relationship: "c", Name: "people!reader"},
		}},
		&fault.ReadOnlyColumnError{Table: "tasks", Column: "id"}, &fault.ReadOnlyColumnError{Table: "tasks", Column: "owner", Preset: true},
		&fault.CardinalityError{Rows: 2}, &fault.MaxAffectedError{Rows: 7},
		&fault.BodyError{Reason: "every row must be an object"},
		&fault.LimitError{Name: "rows", Limit: 5}, &fault.LimitError{Name: "rows", Limit: 5, Hint: "Send fewer."},
		&fault.ValidationError{Table: "tasks"},
		&fault.ValidationError{Table: "tasks", Fields: []fault.FieldError{{Column: "title", Rule: "min=3", Text: "is too <short>"}, {Column: "rank", Rule: "required", Text: "is missing"}}, Unknown: []fault.FieldError{{Column: "pin", Text: "is hidden"}}},
		problem.Invalid("the arguments do not pass validation", []fault.FieldError{{Column: "title", Rule: "min=3", Text: "is short"}}),
	}
	for kind := range fault.Check + 1 {
		list = append(list, &fault.ConstraintError{Kind: kind, Table: "tasks"}, &fault.ConstraintError{Kind: kind, Table: "tasks", Columns: []string{"a", "b"}})
	}
	list = append(list, &fault.ConstraintError{Kind: fault.NotNull, Table: "tasks", Unmapped: "title"})
	for kind := range fault.ValueUnknownConfig + 1 {
		list = append(list, &fault.ValueError{Column: "rank", Kind: kind, Reason: fmt.Sprintf("reason %d", kind)})
	}
	for kind := range fault.QueryRowTwice + 1 {
		list = append(list, &fault.QueryError{Kind: kind, Reason: fmt.Sprintf("reason %d", kind)})
	}
	return list
}

// TestStoreErrors compares the answer to every error of the store with testdata/store.md.
// -update writes the table.
func TestStoreErrors(t *testing.T) {
	t.Parallel()
	var table errortest.Table
	for _, err := range storeErrors() {
		plain := answerTo(err, "application/json")
		table.Add(t, problem.Code(err)+"-"+err.Error(), "", plain)
		if wrapped := answerTo(fmt.Errorf("wrapped: %w", err), "application/json"); wrapped.Body != plain.Body || wrapped.Status != plain.Status {
			t.Errorf("%v, wrapped: %d %s", err, wrapped.Status, wrapped.Body)
		}
	}
	table.Compare(t, "testdata/store.md", *update)

	invalid := &fault.ValidationError{Fields: []fault.FieldError{{Column: "rank", Rule: "max=3", Text: "is <3"}}, Unknown: []fault.FieldError{{Column: "pin"}}}
	if document := answerTo(invalid, "*/*"); !strings.Contains(document.Body, `,"errors":[{"column":"rank","rule":"max=3","message":"is \u003c3"}],`) {
		t.Errorf("the document is %s", document.Body)
	}
}

// answered is an application's error with a code of its own.
type answered struct{ error }

func (a answered) Unwrap() error { return a.error }

func (answered) Problem() string { return "PT409" }

// TestCode wants the outermost error with a code to decide.
func TestCode(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		err  error
		want string
	}{
		{nil, ""},
		{errors.New("no code"), ""},
		{context.Canceled, ""},
		{fault.ErrNotFound, "PL404"},
		{answered{fault.ErrNotFound}, "PT409"},
		{fmt.Errorf("%w: %w", fault.ErrBusy, driver.ErrBusy), "PL503"},
		{fmt.Errorf("%w: %w", fault.ErrTxFailed, answered{}), "XX000"},
		{errors.Join(errors.New("no code"), answered{}, fault.ErrDenied), "PT409"},
		{&problem.Error{Code: "PL422", Cause: fault.ErrDenied}, "PL422"},
	} {
		if got := problem.Code(tt.err); got != tt.want {
			t.Errorf("%v has code %q, want %q", tt.err, got, tt.want)
		}
	}
}
