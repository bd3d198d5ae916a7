package postgres

import (
	"testing"

	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// skewed is a list by a state that 10 rows of 200,000 have, in the order of the key. A
// generic plan, which does not know the state, makes it about a hundred times slower.
var skewed = &driver.Statement{
	SQL:   "select id from jobs where state = $1::text order by id limit 20",
	Shape: one(driver.KindInt), Args: []any{"failed"},
}

// skewedTables opens a database with the rows of skewed, with and without
// plan_cache_mode in the URL.
func skewedTables(tb testing.TB, rows string) (generic, custom *database) {
	tb.Helper()
	url := pgtest.URL(tb)
	generic = openURL(tb, url, &Options{MaxConns: 1})
	mustExec(tb, generic,
		"create table jobs (id bigint primary key, state text collate \"C\" not null)",
		"insert into jobs select i, case when i % 20000 = 19999 then 'failed' else 'done' end from generate_series(1, "+rows+") i",
		"create index on jobs (state)", "vacuum analyze jobs")
	return generic, openURL(tb, with(tb, url, "plan_cache_mode", "force_custom_plan"), &Options{MaxConns: 1})
}

// TestPlanCacheMode: a plan_cache_mode of the URL holds for prepared statements.
func TestPlanCacheMode(t *testing.T) {
	t.Parallel()
	generic, custom := skewedTables(t, "20000")
	for want, d := range map[string]*database{"auto": generic, "force_custom_plan": custom} {
		for range 10 {
			var r driver.Result
			if err := d.Query(t.Context(), nil, skewed, &r); err != nil {
				t.Fatal(err)
			}
		}
		if got := setting(t, d, "plan_cache_mode"); got != want {
			t.Errorf("plan_cache_mode is %q, want %q", got, want)
		}
	}
	var plans int
	err := custom.pool.QueryRow(t.Context(), "select custom_plans from pg_prepared_statements where statement like '%from jobs%'").Scan(&plans)
	if err != nil || plans != 10 {
		t.Errorf("%d of 10 executions were planned with their values: %v", plans, err)
	}
}

// BenchmarkSkewedData runs a list with the generic plan and planned with its values.
func BenchmarkSkewedData(b *testing.B) {
	generic, custom := skewedTables(b, "200000")
	for _, bb := range []struct {
		name string
		d    *database
	}{{"generic", generic}, {"custom", custom}} {
		b.Run(bb.name, func(b *testing.B) {
			for b.Loop() {
				var r driver.Result
				if err := bb.d.Query(b.Context(), nil, skewed, &r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
