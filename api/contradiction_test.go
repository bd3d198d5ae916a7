package api_test

import (
	"context"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/store"
)

// TestNothingIsPassedOver: parameters and headers are checked also where they have no
// effect.
func TestNothingIsPassedOver(t *testing.T) {
	t.Parallel()
	type quoted struct {
		N int64 `json:"n,string"`
	}
	double := api.ReadFunc("double", api.Anyone(), func(_ context.Context, _ *store.Tx, in quoted) (int64, error) { return 2 * in.N, nil })
	h := fixtureServer(t, memory(t), api.Config{}, double)
	for _, q := range []request{
		{caller: "ann", line: "PATCH /labels?id=eq.hot&no_such=eq.1", body: `{}`},
		{caller: "ann", line: "PATCH /labels?id=eq.hot&select=no_such", body: `{}`, header: []string{"Prefer: return=representation"}},
		{caller: "ann", line: "POST /labels?no_such=eq.1", body: `[]`},
		{caller: "ann", line: "POST /labels?text=eq.x", body: `{"id":"new","text":"x"}`, header: []string{"Prefer: return=representation"}},
		{caller: "ann", line: "POST /-/batch?no_such=eq.1", body: `[]`},
	} {
		must(t, h, 400, q)
	}
	must(t, h, 204, request{caller: "ann", line: "PATCH /labels?id=eq.hot", body: `{}`})
	if got := must(t, h, 200, request{line: "GET /rpc/double?n=21"}); got.body != "42" {
		t.Errorf("an argument in quotes: %s", got.body)
	}
}
