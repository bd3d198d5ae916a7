package pgrst_test

import (
	"net/http"
	"testing"

	"github.com/seed-7694ebf6/plinth/api/internal/pgrst"
)

func TestAcceptsPlan(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, accept string
		want         string // Content-Type, empty if it is no plan
	}{
		{"short", `application/vnd.pgrst.plan`, `application/vnd.pgrst.plan+text; for="application/json"; charset=utf-8`},
		{"client", `application/vnd.pgrst.plan+text; for="application/json"; options=;`, `application/vnd.pgrst.plan+text; for="application/json"; charset=utf-8`},
		{"document of one object", `application/vnd.pgrst.plan+json; for="application/vnd.pgrst.object+json"; options=`, `application/vnd.pgrst.plan+json; for="application/vnd.pgrst.object+json"; charset=utf-8`},
		{"without nulls", `application/vnd.pgrst.plan; for="application/vnd.pgrst.array+json;nulls=stripped"`, `application/vnd.pgrst.plan+text; for="application/vnd.pgrst.array+json;nulls=stripped"; charset=utf-8`},
		{"analyze", `application/vnd.pgrst.plan+text; options=analyze|verbose`, ""},
		{"unknown form", `application/vnd.pgrst.plan+text; for="text/plain"`, ""},
		{"beside others", `application/vnd.pgrst.plan+text, application/json`, ""},
		{"another type", `application/vnd.pgrst.planet+json`, ""},
		{"json", `application/json`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			plan, ok := pgrst.AcceptsPlan(http.Header{"Accept": {tt.accept}})
			if ok != (tt.want != "") || ok && plan.ContentType() != tt.want {
				t.Errorf("got %v %q, want %q", ok, plan.ContentType(), tt.want)
			}
		})
	}
}
