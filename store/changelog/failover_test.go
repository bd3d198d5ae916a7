package changelog_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// versions is what a reader outside the database keeps: the versions that it has seen.
type versions struct {
	mu      sync.Mutex
	seen    map[int64]bool
	resyncs int
}

func (v *versions) take(_ context.Context, _ *store.Tx, batch []changelog.Change) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, c := range batch {
		var table string
		var id, version int64
		if _, err := fmt.Sscanf(label(c), "%s [%d] %d", &table, &id, &version); err != nil {
			return err
		}
		v.seen[version] = true
	}
	return nil
}

func (v *versions) count(from int64) (n int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for version := range v.seen {
		if version >= from {
			n++
		}
	}
	return n
}

// resync starts over from what the log of the new server has.
func (v *versions) resync(ctx context.Context, tx *store.Tx) error {
	rows, err := tx.SQL().QueryContext(ctx, "select (new->>'version')::bigint from plinth_changes")
	if err != nil {
		return err
	}
	defer rows.Close()
	v.mu.Lock()
	defer v.mu.Unlock()
	v.resyncs++
	v.seen = map[int64]bool{}
	for rows.Next() {
		var version int64
		if err := rows.Scan(&version); err != nil {
			return err
		}
		v.seen[version] = true
	}
	return rows.Err()
}

// TestChangesFailover promotes a standby that lags: it gives the numbers of the lost
// transactions again. Readers that keep something outside the database start over, and
// none misses what is written afterwards.
func TestChangesFailover(t *testing.T) {
	t.Parallel()
	primary := pgtest.Start(t, pgtest.Options{})
	standby := primary.Standby(t)
	both, err := url.Parse(primary.URL())
	if err != nil {
		t.Fatal(err)
	}
	other, err := url.Parse(standby.URL())
	if err != nil {
		t.Fatal(err)
	}
	both.Host += "," + other.Host
	both.RawQuery += "&target_session_attrs=read-write"
	db := openLog(t, both.String())
	outside, inside := &versions{seen: map[int64]bool{}}, &versions{seen: map[int64]bool{}}
	unnamed := changelog.Open(db, "", &changelog.Options{OnResync: outside.resync})
	rebuilt := changelog.Open(db, "rebuilt", &changelog.Options{OnResync: inside.resync})
	named := changelog.Open(db, "named", nil)
	var ofNamed []string
	drain := func(want error) {
		t.Helper()
		for c, take := range map[*changelog.Reader]changelog.Func{unnamed: outside.take, rebuilt: inside.take, named: collect(&ofNamed, nil)} {
			if _, err := c.Drain(t.Context(), take); err != want { // nil
				t.Fatal(err)
			}
		}
	}
	drain(nil)
	write := func(from, to int64) {
		t.Helper()
		for i := from; i < to; i++ {
			mustLog(t, db, "row", i, i)
		}
	}
	write(0, 5)
	drain(nil)
	standby.CatchUp(t, primary)
	standby.Detach(t)
	write(100, 130) // lost
	drain(nil)
	if n := outside.count(100); n != 30 {
		t.Fatalf("before the failover the reader got %d of 30", n)
	}
	primary.Stop(t)
	standby.Promote(t)
	programtest.Until(t, time.Minute, "the promoted server answers", func() bool { return db.Ping(t.Context()) == nil })
	ofNamed = nil
	write(1000, 1040)
	drain(nil)
	for name, v := range map[string]*versions{"without a name": outside, "with a name": inside} {
		if got, lost := v.count(1000), v.count(100)-v.count(1000); got != 40 || lost != 0 || v.resyncs != 1 {
			t.Errorf("the reader %s has %d of 40 changes and %d that are lost, after %d resyncs", name, got, lost, v.resyncs)
		}
	}
	slices.Sort(ofNamed)
	if n := len(slices.Compact(ofNamed)); n != 40 {
		t.Errorf("the reader without OnResync got %d of 40 changes", n)
	}
	write(2000, 2001)
	drain(nil)
	if outside.resyncs != 1 || outside.count(2000) != 1 {
		t.Errorf("afterwards: %d resyncs, %d of 1", outside.resyncs, outside.count(2000))
	}
}
