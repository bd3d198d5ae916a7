package store_test

import (
	"context"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/driver"
	"github.com/seed-7694ebf6/plinth/store/query"
	"github.com/seed-7694ebf6/plinth/store/storetest"
)

// limits records the limits of the statements that a driver runs.
type limits struct {
	driver.Driver
	timeouts []time.Duration
	callers  []bool
}

func (l *limits) Query(ctx context.Context, conn driver.Conn, st *driver.Statement, r *driver.Result) error {
	l.timeouts, l.callers = append(l.timeouts, st.Timeout), append(l.callers, st.Caller)
	return l.Driver.Query(ctx, conn, st, r)
}

// TestScopeLimits: the statements of a scope have its limits, those of Go code none.
func TestScopeLimits(t *testing.T) {
	t.Parallel()
	var l *limits
	db := storetest.New(t, storetest.Models(Author{}, Post{}, Tag{}, PostTag{}), storetest.Store(store.Options{Wrap: func(d driver.Driver) driver.Driver {
		l = &limits{Driver: d}
		return l
	}}))
	scope := guards(db, nil, map[string]store.Guard{"authors": all()})
	scope.Caller, scope.StatementTimeout = query.Caller{ID: "ann"}, 7*time.Second
	for _, s := range []*store.Scope{scope, nil} {
		l.timeouts, l.callers = nil, nil
		repo := store.For[Author](db)
		if s != nil {
			repo = repo.As(s)
		}
		if _, err := repo.Count(t.Context(), store.Cond{}); err != nil {
			t.Fatal(err)
		}
		want := time.Duration(0)
		if s != nil {
			want = s.StatementTimeout
		}
		if len(l.timeouts) != 1 || l.timeouts[0] != want || l.callers[0] != (s != nil) {
			t.Errorf("scope %v: limits %v, of a caller %v", s != nil, l.timeouts, l.callers)
		}
	}
}
