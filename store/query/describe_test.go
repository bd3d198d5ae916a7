package query_test

import (
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
)

func TestPossible(t *testing.T) {
	t.Parallel()
	mine := store.Compare("owner_id", query.OpEq, store.Var("principal.id"))
	other := store.Compare("team_id", query.OpEq, store.Var("principal.claims.team"))
	open := store.Eq("open", true)
	variables := func(name string) (string, bool) {
		switch name {
		case "principal.id":
			return "x", true
		case "principal.claims.team":
			return "", true // empty is none
		}
		return "", false
	}
	for _, tt := range []struct {
		name string
		cond store.Cond
		want bool
	}{
		{"zero", store.Cond{}, false},
		{"true", store.True(), true},
		{"false", store.False(), false},
		{"not true", store.Not(store.True()), false},
		{"not false", store.Not(store.False()), true},
		{"column", open, true},
		{"variable", mine, true},
		{"no variable", other, false},
		{"not no variable", store.Not(other), false},
		{"and", store.And(open, other), false},
		{"or", store.Or(open, other), true},
		{"not and of unknown and column", store.Not(store.And(open, other)), true},
		{"not or of unknown and column", store.Not(store.Or(open, other)), false},
		{"not or of columns", store.Not(store.Or(open, mine)), true},
		{"related", store.Related("members", other), false},
		{"not related", store.Not(store.Related("members", other)), true},
		{"related at all", store.Related("members", store.Cond{}), true},
	} {
		if got := tt.cond.Possible(variables); got != tt.want {
			t.Errorf("%s: %s is possible: %t, want %t", tt.name, tt.cond, got, tt.want)
		}
	}
	if mine.Possible(nil) {
		t.Error("a variable has a value without variables")
	}
}
