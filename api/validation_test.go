package api_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/uptrace/bun"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
	"github.com/seed-7694ebf6/plinth/store/validate"
)

// stay is a row with rules of single columns, and one over two of them.
type stay struct {
	bun.BaseModel `bun:"table:stays"`
	ID            int64     `bun:",pk,autoincrement"`
	Name          string    `bun:",notnull"         validate:"required"`
	Begins        time.Time `bun:",notnull"`
	Ends          time.Time `bun:",notnull"`
	Room          string    `bun:",notnull" validate:"len5"`
}

// TestValidationOfHooks: an error of a hook about several columns has the form of the
// library's own, as JSON and for forms, for every way to write the row.
func TestValidationOfHooks(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		err := store.Before(db, func(_ context.Context, w *store.Write[stay]) error {
			if w.New == nil || w.New.Ends.After(w.New.Begins) {
				return nil
			}
			return &store.ValidationError{Table: "stays", Fields: []store.FieldError{
				{Column: "ends", Rule: "after", Text: "must be after begins"}, {Column: "begins", Rule: "before", Text: "must be before \"ends\""},
			}}
		})
		if err != nil {
			t.Fatal(err)
		}
		h := serve(t, db, api.Config{}, api.Resource[stay]{Policy: api.Policy{Read: api.Anyone(), Create: api.Anyone(), Update: api.Anyone()}})
		const good, bad = `{"name":"x","room":"A-101","begins":"2026-01-01T00:00:00Z","ends":"2026-01-02T00:00:00Z"}`, `{"name":"x","room":"A-101","begins":"2026-01-02T00:00:00Z","ends":"2026-01-01T00:00:00Z"}`
		must(t, h, http.StatusCreated, request{line: "POST /stays", body: good})

		const four = `"code":"PL002","message":"the row does not pass validation","details":"ends: must be after begins; begins: must be before \"ends\"","hint":null`
		const fields = `"errors":[{"column":"ends","rule":"after","message":"must be after begins"},{"column":"begins","rule":"before","message":"must be before \"ends\""}]`
		for _, q := range []request{
			{line: "POST /stays", body: bad},
			{line: "POST /stays", body: "[" + good + "," + bad + "]"},
			{line: "PATCH /stays?id=eq.1", body: `{"ends":"2025-01-01T00:00:00Z"}`},
			{line: "PATCH /stays/1", body: `{"ends":"2025-01-01T00:00:00Z"}`},
			{line: "PUT /stays/1", body: bad},
			{line: "POST /-/batch", body: `[{"method":"POST","path":"/stays","body":` + bad + `}]`},
		} {
			batch := strings.HasSuffix(q.line, "batch")
			got := must(t, h, http.StatusBadRequest, q)
			if got.body != "{"+four+"}" && !batch {
				t.Errorf("%s: %s", q.line, got.body)
			}
			q.header = []string{"Accept: application/json, application/problem+json"}
			got = must(t, h, http.StatusBadRequest, q)
			if !strings.Contains(got.body, fields) || !strings.Contains(got.body, four) && !batch {
				t.Errorf("%s: %s", q.line, got.body)
			}
		}
		if got := must(t, h, http.StatusOK, request{line: "GET /stays?select=id"}); got.body != `[{"id":1}]` {
			t.Errorf("stored %s", got.body)
		}
	})
}

// TestValidationFields: fields of errors have the names that the client sent, of columns
// and of arguments, and are those of the details.
func TestValidationFields(t *testing.T) {
	t.Parallel()
	type arguments struct {
		Name  string `json:"name" validate:"required"`
		Inner struct {
			Zip string `json:"zip" validate:"len5"`
		} `json:"inner"`
	}
	engines(t, func(t *testing.T, db *store.DB) {
		h := serve(t, db, api.Config{},
			api.Resource[stay]{Policy: api.Policy{Read: api.Anyone(), Create: api.Anyone()}},
			api.Func("book", api.Anyone(), func(context.Context, arguments) (struct{}, error) { return struct{}{}, errors.New("called") }))
		for _, tt := range []struct {
			q       request
			details string
			fields  string
		}{
			{
				request{line: "POST /stays", body: `{"name":"","begins":"2026-01-02T00:00:00Z","ends":"2026-01-01T00:00:00Z"}`},
				`name: must not be empty; room: must have five characters`,
				`[{"column":"name","rule":"required","message":"must not be empty"},{"column":"room","rule":"len5","message":"must have five characters"}]`,
			},
			{
				request{line: "POST /rpc/book", body: `{"inner":{"zip":"1"}}`},
				`name: is required; inner.zip: must have five characters`,
				`[{"column":"name","rule":"required","message":"is required"},{"column":"inner.zip","rule":"len5","message":"must have five characters"}]`,
			},
		} {
			tt.q.header = []string{"Accept: */*"}
			got := must(t, h, http.StatusBadRequest, tt.q)
			if !strings.Contains(got.body, `"details":"`+tt.details+`"`) || !strings.Contains(got.body, `"errors":`+tt.fields) {
				t.Errorf("%s: %s", tt.q.line, got.body)
			}
		}
	})
}

// validated opens a database with the rules of package validate.
func validated(t *testing.T) *store.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), ":memory:", &sqlite.Options{Store: store.Options{Validator: validate.New()}})
	return opened(t, db, err)
}

// TestRequiredBehindDive: rules of items do not make their list required.
func TestRequiredBehindDive(t *testing.T) {
	t.Parallel()
	type arguments struct {
		First []string `json:"first" validate:"dive,required"`
		Both  []string `json:"both"  validate:"required,dive,required"`
	}
	h := serve(t, validated(t), api.Config{},
		api.Func("f", api.Anyone(), func(context.Context, arguments) (struct{}, error) { return struct{}{}, nil }))
	for _, tt := range []struct {
		body    string
		status  int
		details string
	}{
		{`{"both":[]}`, http.StatusNoContent, ""},
		{`{"first":["x"],"both":["x"]}`, http.StatusNoContent, ""},
		{`{}`, http.StatusBadRequest, "both: is required"},
		{`{"first":["x",""],"both":[""]}`, http.StatusBadRequest, "first: item 2: is required; both: item 1: is required"},
	} {
		got := must(t, h, tt.status, request{line: "POST /rpc/f", body: tt.body})
		if tt.details != "" && !strings.Contains(got.body, `"details":"`+tt.details+`"`) {
			t.Errorf("%s: %s", tt.body, got.body)
		}
	}
}
