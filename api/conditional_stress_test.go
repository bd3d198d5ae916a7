package api_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/changelog"
	"github.com/uptrace/bun"
)

// gauge counts up.
type gauge struct {
	bun.BaseModel `bun:"table:gauges"`
	ID            int64   `bun:",pk"`
	N             int64   `bun:",notnull"`
	Dials         []*dial `bun:"rel:has-many,join:id=gauge_id"`
}

// dial counts up below a gauge.
type dial struct {
	bun.BaseModel `bun:"table:dials"`
	ID            int64  `bun:",pk"`
	GaugeID       int64  `bun:",notnull"`
	N             int64  `bun:",notnull"`
	Gauge         *gauge `bun:"rel:belongs-to,join:gauge_id=id"`
}

// hum counts up and is in no list.
type hum struct {
	bun.BaseModel `bun:"table:hums"`
	ID            int64 `bun:",pk"`
	N             int64 `bun:",notnull"`
}

// counters is the number of writers. Each has a gauge, a dial and a hum, which
// nobody else writes.
const counters = 4

// counts are the numbers of the gauges and behind them those of the dials.
type counts [2 * counters]int64

// TestConditionalListsInParallel has writers on several instances of a database,
// whose transactions are open at the same time, commit in any order or are rolled
// back, while the log is trimmed. Numbers only rise, so that a list can be told
// from an older one: a list that is sent, and one for which a client is told that
// it has not changed, has every number that was acknowledged, or sent to it,
// before it was asked for, and none that was not begun.
func TestConditionalListsInParallel(t *testing.T) {
	t.Parallel()
	length := 1500 * time.Millisecond
	if programtest.Long() {
		length = time.Minute
	}
	instances(t, 3, func(t *testing.T, dbs []*store.DB) {
		s := &stress{dbs: dbs}
		for _, db := range dbs {
			read := api.Policy{Read: api.Anyone()}
			s.servers = append(s.servers, serve(t, db, api.Config{}, api.Resource[gauge]{Policy: read}, api.Resource[dial]{Policy: read}, api.Resource[hum]{Policy: read}))
		}
		for i := range int64(counters) {
			add(t, dbs[0], &gauge{ID: i})
			add(t, dbs[0], &hum{ID: i})
		}
		for i := range int64(counters) {
			add(t, dbs[0], &dial{ID: i, GaugeID: counters - 1 - i})
		}
		s.until = time.Now().Add(length)
		var group sync.WaitGroup
		for i := range counters {
			group.Go(func() { s.write(t, i) })
			group.Go(func() { s.read(t, i) })
		}
		group.Go(func() { s.trim(t) })
		group.Wait()
		t.Logf("%d not modified, %d sent, %d commits, %d rollbacks", s.same.Load(), s.sent.Load(), s.commits.Load(), s.rollbacks.Load())
		if !s.enough() {
			t.Error("too little has happened to prove anything")
		}
	})
}

type stress struct {
	dbs          []*store.DB
	servers      []http.Handler
	until        time.Time
	begun, acked [2 * counters]atomic.Int64

	same, sent, commits, rollbacks atomic.Int64
}

// enough reports whether what has happened proves anything.
func (s *stress) enough() bool {
	return min(s.same.Load(), s.sent.Load(), s.commits.Load()) >= 50 && s.rollbacks.Load() >= 5
}

// over reports whether the time is up; a busy machine gets some more.
func (s *stress) over(t *testing.T) bool {
	late := time.Since(s.until)
	return t.Failed() || late > 0 && s.enough() || late > 20*time.Second
}

// write raises the numbers of one writer, in transactions of some statements.
// Mostly it writes what is in no list.
func (s *stress) write(t *testing.T, i int) {
	r := rand.New(rand.NewPCG(1, uint64(i)))
	var own [2]int64
	for !s.over(t) {
		next, undo := own, r.IntN(4) == 0
		err := s.dbs[r.IntN(len(s.dbs))].TxWith(t.Context(), store.TxOptions{Isolation: sql.LevelReadCommitted}, func(ctx context.Context, tx *store.Tx) error {
			next = own
			for range 1 + r.IntN(3) {
				if r.IntN(8) > 0 {
					if _, err := store.For[hum](tx).Patch(ctx, int64(i), store.SetTo("n", r.Int64N(1e6))); err != nil {
						return err
					}
					continue
				}
				k := r.IntN(2)
				next[k]++
				value := next[k]
				if undo {
					value = -1 // must never be seen
				} else {
					s.begun[k*counters+i].Store(value)
				}
				if err := setCounter(ctx, tx, k, int64(i), value); err != nil {
					return err
				}
			}
			if undo {
				return errRollback
			}
			return nil
		})
		switch {
		case errors.Is(err, errRollback):
			s.rollbacks.Add(1)
		case err != nil:
			t.Errorf("write: %v", err)
		default:
			own = next
			for k, n := range own {
				s.acked[k*counters+i].Store(n)
			}
			s.commits.Add(1)
		}
		time.Sleep(time.Duration(r.IntN(8)) * time.Millisecond) // else no list is ever unchanged
	}
}

func setCounter(ctx context.Context, tx *store.Tx, k int, id, value int64) error {
	if k == 0 {
		_, err := store.For[gauge](tx).Patch(ctx, id, store.SetTo("n", value))
		return err
	}
	_, err := store.For[dial](tx).Patch(ctx, id, store.SetTo("n", value))
	return err
}

// trim makes the log forget changes that others have not looked at yet.
func (s *stress) trim(t *testing.T) {
	r := rand.New(rand.NewPCG(2, 0))
	for !s.over(t) {
		if _, err := changelog.Trim(t.Context(), s.dbs[r.IntN(len(s.dbs))], changelog.Retention{MaxRows: 1 + r.Int64N(3)}); err != nil {
			t.Errorf("trim: %v", err)
		}
		time.Sleep(time.Duration(r.IntN(6)) * time.Millisecond)
	}
}

// stressLists are lists over both tables, by every way a table is read.
var stressLists = []string{
	"GET /gauges?select=id,n&order=id",
	"GET /gauges?select=id,n,dials(id,n)&order=id",
	"GET /dials?select=id,n,gauge(id,n)&order=id",
	"GET /dials?select=id,n&order=gauge(n),id",
	"GET /gauges?select=id,n,dials!inner(id,n)&dials.n=gte.0&order=id",
}

// read is a client that keeps lists and asks any of the instances whether they
// hold.
func (s *stress) read(t *testing.T, i int) {
	r := rand.New(rand.NewPCG(3, uint64(i)))
	tags, held := make([]string, len(stressLists)), make([]counts, len(stressLists))
	for !s.over(t) {
		l := r.IntN(len(stressLists))
		q := request{line: stressLists[l]}
		var least counts
		if r.IntN(4) == 0 { // what a read without a condition has seen is seen from then on
			least = s.ask(t, q).counts
		}
		for j := range least {
			least[j] = max(least[j], s.acked[j].Load())
		}
		if tags[l] != "" {
			q = ifNoneMatch(q, tags[l])
		}
		got := s.ask(t, q)
		word := "sent"
		switch got.status {
		case http.StatusNotModified:
			word, got.counts = "304 for", held[l]
			s.same.Add(1)
		case http.StatusOK:
			held[l], tags[l] = got.counts, got.header.Get("Etag")
			s.sent.Add(1)
		default:
			t.Errorf("%s: %d %s", q.line, got.status, got.body)
		}
		for j, n := range got.counts {
			if n != unseen && (n < least[j] || n > s.begun[j].Load()) {
				t.Errorf("%s: %s %v, but %v was committed before", q.line, word, got.counts, least)
				return
			}
		}
	}
}

// unseen is the number of a counter that is not in a list.
const unseen = -2

type counted struct {
	response
	counts
}

// ask sends a request to one of the instances and reads the numbers in the list.
func (s *stress) ask(t *testing.T, q request) counted {
	c := counted{response: do(t, s.servers[rand.IntN(len(s.servers))], q)}
	for j := range c.counts {
		c.counts[j] = unseen
	}
	if c.status != http.StatusOK {
		return c
	}
	type row struct {
		ID, N int64
		Gauge *row
		Dials []row
	}
	var rows []row
	if err := json.Unmarshal([]byte(c.body), &rows); err != nil || len(rows) != counters {
		t.Errorf("%s: %s (%v)", q.line, c.body, err)
	}
	first, second := int64(0), int64(counters)
	if q.line[:len("GET /dials")] == "GET /dials" {
		first, second = second, first
	}
	for _, r := range rows {
		c.counts[first+r.ID] = r.N
		if r.Gauge != nil {
			c.counts[second+r.Gauge.ID] = r.Gauge.N
		}
		for _, d := range r.Dials {
			c.counts[second+d.ID] = d.N
		}
	}
	return c
}
