package store_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
	"github.com/seed-7694ebf6/plinth/store/validate"
	"github.com/uptrace/bun"
)

type ruled struct {
	bun.BaseModel `bun:"table:ruled"`
	store.Model
	Name string   `bun:",notnull" validate:"required,max=3"`
	Tags []string `bun:",array,notnull" validate:"max=2,dive,required,max=3"`
}

type misruled struct {
	store.Model
	Name string `bun:",notnull" validate:"longest=3"`
}

func TestValidationRules(t *testing.T) {
	t.Parallel()
	db, err := sqlite.Open(t.Context(), t.TempDir()+"/test.db", &sqlite.Options{Store: store.Options{Validator: validate.New()}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	if err := db.Register(misruled{}); err == nil || !strings.Contains(err.Error(), "longest") {
		t.Errorf("an unknown rule was registered: %v", err)
	}
	if err := db.Register(ruled{}); err != nil {
		t.Fatal(err)
	}
	if _, err := migrate.Auto(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		row  ruled
		want []string // columns that fail
	}{
		{ruled{Name: "abc", Tags: []string{"x"}}, nil},
		{ruled{Name: "abcd"}, []string{"name"}},
		{ruled{Name: ""}, []string{"name"}},
		{ruled{Name: "a", Tags: []string{""}}, []string{"tags"}},
		{ruled{Name: "a", Tags: []string{"a", "b", "c"}}, []string{"tags"}},
		{ruled{Name: "abcd", Tags: []string{"abcd"}}, []string{"name", "tags"}},
	} {
		err := store.For[ruled](db).Insert(t.Context(), &tc.row)
		var invalid *store.ValidationError
		var got []string
		if errors.As(err, &invalid) {
			for _, f := range invalid.Fields {
				got = append(got, f.Column)
			}
		} else if err != nil {
			t.Errorf("%+v: %v", tc.row, err)
		}
		if strings.Join(got, " ") != strings.Join(tc.want, " ") {
			t.Errorf("%+v: failed %v, want %v", tc.row, got, tc.want)
		}
	}
}
