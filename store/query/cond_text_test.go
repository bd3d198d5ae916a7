package query_test

import (
	"slices"
	"testing"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/query"
)

type printed struct {
	store.Model
	FullName string
	Rank     int64
}

func TestCondString(t *testing.T) {
	t.Parallel()
	name := store.TextColumn(func(p *printed) *string { return &p.FullName })
	tests := []struct {
		cond store.Cond
		want string
		vars []string
	}{
		{store.Cond{}, "", nil},
		{store.True(), "true", nil},
		{store.False(), "false", nil},
		{store.Eq("owner_id", store.Var("principal.id")), "owner_id = principal.id", []string{"principal.id"}},
		{store.Eq("rank", 1), "rank = 1", nil},
		{store.Eq("name", `a"b`), `name = "a\"b"`, nil},
		{store.Eq("name", nil), "name is null", nil},
		{store.Eq("name", (*string)(nil)), "name is null", nil},
		{store.In("rank", []int64{1, 2}), "rank in [1 2]", nil},
		{store.In("rank", query.Texts{"1", "2"}), `rank in "1", "2"`, nil},
		{store.Compare("rank", query.OpLt, store.Text("7")), `rank < "7"`, nil},
		{name.Like("a%"), `full_name like "a%"`, nil},
		{store.Not(store.And(store.Null("a"), store.Eq("b", store.Var("x")))), "not (a is null and b = x)", []string{"x"}},
		{
			store.Or(store.And(store.Eq("a", 1), store.Eq("b", store.Var("x"))), store.Eq("c", store.Var("x"))),
			"(a = 1 and b = x) or c = x",
			[]string{"x"},
		},
		{store.Related("members", store.Cond{}), "exists members", nil},
		{store.Related("members", store.Eq("a", store.Var("y"))), "exists members (a = y)", []string{"y"}},
	}
	for _, tt := range tests {
		if got := tt.cond.String(); got != tt.want {
			t.Errorf("String %q, want %q", got, tt.want)
		}
		if got := tt.cond.Variables(); !slices.Equal(got, tt.vars) {
			t.Errorf("%s: variables %q, want %q", tt.want, got, tt.vars)
		}
	}
}
