package gate_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/api/apitest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/uptrace/bun"
)

// Growth is a table of what becomes longer where an exponent is written out. Strangers
// may read it and ask to write.
type Growth struct {
	bun.BaseModel `bun:"table:growths"`
	store.SoftDelete
	ID     int64  `bun:",pk"`
	Owner  string `bun:",notnull"`
	Meta   *store.JSON
	Amount *store.Decimal
	Second *store.Decimal
}

type growthArgs struct {
	Meta    store.JSON      `json:"meta"`
	Amounts []store.Decimal `json:"amounts"`
}

// growthEngines runs a test with an application of that table on each engine.
func growthEngines(t *testing.T, run func(t *testing.T, h http.Handler)) {
	t.Helper()
	start := func(t *testing.T, db *store.DB) {
		t.Helper()
		if err := db.Register(Growth{}); err != nil {
			t.Fatal(err)
		}
		if _, err := migrate.Auto(t.Context(), db); err != nil {
			t.Fatal(err)
		}
		own := api.Owner("owner")
		run(t, newHandler(t, db, api.Config{}, api.Resource[Growth]{Policy: api.Policy{Read: api.Anyone(), Create: own, Update: own, Delete: own}},
			api.Func("grow", api.Anyone(), func(_ context.Context, in growthArgs) (int, error) { return len(in.Meta) + len(in.Amounts), nil })))
	}
	t.Run("sqlite", func(t *testing.T) { start(t, newSQLite(t)) })
	t.Run("postgres", func(t *testing.T) { start(t, newPostgres(t)) })
}

// TestA34Exponents: five bytes can be a number of 400 digits. A body of many such is
// refused before they are written out, whoever sends it and in whatever form.
func TestA34Exponents(t *testing.T) {
	const n = 170_000
	list := func(item string, n int) string { return strings.TrimSuffix(strings.Repeat(item+",", n), ",") }
	document := "[" + list("1e399", n) + "]"
	rows := func(row string) string { return "[" + list(row, 1000) + "]" }
	fields := `"[` + list("1e399", 150) + `]"`
	dear := []struct {
		name, method, target, media, prefer, body string
	}{
		{"a document", http.MethodPost, "/growths", "", "", `{"id":1,"owner":"x","meta":` + document + `}`},
		{"in return", http.MethodPost, "/growths", "", represented, `{"id":1,"owner":"x","meta":` + document + `}`},
		{"of many rows", http.MethodPost, "/growths", "", "", rows(`{"id":1,"owner":"x","meta":[` + list("1e-390", 140) + `]}`)},
		{"an upsert", http.MethodPost, "/growths", "", merging, `{"id":1,"owner":"x","meta":` + document + `}`},
		{"a patch", http.MethodPatch, "/growths?id=eq.1", "", "", `{"meta":` + document + `}`},
		{"a put", http.MethodPut, "/growths/1", "", "", `{"id":1,"owner":"x","meta":` + document + `}`},
		{"a batch", http.MethodPost, "/-/batch", "", "", `[{"method":"POST","path":"/growths","body":{"id":1,"owner":"x","meta":` + document + `}}]`},
		{"decimals", http.MethodPost, "/growths", "", "", rows(`{"id":1,"owner":"x","amount":1e399,"second":1e-398}`)},
		{"decimals in strings", http.MethodPost, "/growths", "", "", rows(`{"id":1,"owner":"x","amount":"1e399","second":"1e-399"}`)},
		{"CSV", http.MethodPost, "/growths", mediaCSV, "", "id,owner,meta\n1,x,\"" + document + "\""},
		{"CSV of many rows", http.MethodPost, "/growths", mediaCSV, "", "id,owner,meta\n" + strings.Repeat("1,x,"+fields+"\n", 1000)},
		{"CSV of decimals", http.MethodPost, "/growths", mediaCSV, "", "id,owner,amount,second\n" + strings.Repeat("1,x,1e399,1e-399\n", 1000)},
		{"a form", http.MethodPost, "/growths", mediaForm, "", "id=1&owner=x&meta=" + document},
		{"an argument", http.MethodPost, "/rpc/grow", "", "", `{"meta":` + document + `,"amounts":[]}`},
		{"arguments", http.MethodPost, "/rpc/grow", "", "", `{"meta":null,"amounts":` + document + `}`},
		{"arguments in strings", http.MethodPost, "/rpc/grow", "", "", `{"meta":null,"amounts":[` + list(`"1e399"`, 100_000) + `]}`},
	}
	growthEngines(t, func(t *testing.T, h http.Handler) {
		for _, tt := range dear {
			t.Run(tt.name, func(t *testing.T) {
				client := apitest.New(t, h).With("Accept", "application/json").With("Prefer", tt.prefer)
				if tt.media != "" {
					client = client.With("Content-Type", tt.media)
				}
				sent := []byte(tt.body)
				got, least := costOf(func() *apitest.Response { return client.Do(tt.method, tt.target, sent) })
				if got.Status != http.StatusBadRequest {
					t.Errorf("status %d, want 400: %s", got.Status, shortened(got.Body))
				}
				t.Logf("%v, %.1f times the body: %s", least.took, float64(least.bytes)/float64(len(tt.body)), shortened(got.Body))
				least.check(t, tt.name, max(len(tt.body), 128<<10))
			})
		}
		// What grows little is what it was.
		fits := apitest.New(t, h).As(asAna).With("Prefer", represented).Do(http.MethodPost, "/growths?select=meta,amount", []byte(`{"id":1,"owner":"`+asAna.ID+`","meta":[1e3,1E-3],"amount":"1e20"}`))
		if fits.Status != http.StatusCreated || !strings.Contains(fits.Body, `"meta":[1000,0.001],"amount":100000000000000000000`) {
			t.Errorf("%d %s", fits.Status, fits.Body)
		}
	})
}
