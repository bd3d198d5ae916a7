package faults_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

const restarts = 5

// span is a time.
type span struct{ from, to time.Time }

// TestRestartsUnderLoad crashes PostgreSQL and starts it again, five times,
// under clients that read and write. A request that was sent after the server
// answers again, or answered before it was stopped, succeeds; one in between may
// be a 503 and nothing else; and nothing that was acknowledged is lost.
func TestRestartsUnderLoad(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t, pgtest.Options{Fsync: true})
	f := &fixture{steps: &plan{}}
	f.open(t, "postgres", server.URL())
	f.reset(t)
	site := httptest.NewServer(f.handler)
	defer site.Close()
	client := newHTTPClient(16)

	type request struct {
		span
		what   string
		status int
		retry  string
	}
	var (
		mu    sync.Mutex
		sent  []request
		acked []string
		load  sync.WaitGroup
	)
	stop := make(chan struct{})
	for worker := range 8 {
		load.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				id := fmt.Sprintf("w%d-%d", worker, n)
				method, path, body := http.MethodGet, "/authors?order=name&limit=5", ""
				if n%2 == 1 {
					method, path, body = http.MethodPost, "/authors", fmt.Sprintf(`{"id":%q,"name":"x"}`, id)
				}
				began := time.Now()
				a := ask(t.Context(), client, method, site.URL+path, [2]string{}, body)
				mu.Lock()
				sent = append(sent, request{span{began, time.Now()}, method + " " + string(a.body), a.status, a.header.Get("Retry-After")})
				if method == http.MethodPost && a.status == http.StatusCreated {
					acked = append(acked, id)
				}
				mu.Unlock()
			}
		})
	}
	var outages []span
	for range restarts {
		time.Sleep(300 * time.Millisecond)
		down := time.Now()
		server.Restart(t)
		outages = append(outages, span{down, time.Now()})
	}
	time.Sleep(300 * time.Millisecond)
	close(stop)
	load.Wait()

	refused := 0
	for _, r := range sent {
		excused := false
		for _, o := range outages {
			excused = excused || r.to.After(o.from) && r.from.Before(o.to)
		}
		switch {
		case r.status == http.StatusOK, r.status == http.StatusCreated:
		case r.status != http.StatusServiceUnavailable:
			t.Errorf("%s: status %d, want 503 or success", r.what, r.status)
		case !excused:
			t.Errorf("%s: 503 while the server was up", r.what)
		case r.retry == "":
			t.Errorf("%s: 503 without Retry-After", r.what)
		default:
			refused++
		}
	}
	kept := map[string]bool{}
	var ids []string
	if err := f.db.Bun().NewRaw("select id from authors").Scan(t.Context(), &ids); err != nil {
		t.Fatal(err)
	}
	for _, id := range ids {
		kept[id] = true
	}
	for _, id := range acked {
		if !kept[id] {
			t.Errorf("%s was acknowledged and is lost", id)
		}
	}
	t.Logf("%d requests, %d refused, %d inserts acknowledged, over %d restarts", len(sent), refused, len(acked), restarts)
	if refused == 0 || len(acked) < 100 {
		t.Error("too little has happened to prove anything")
	}
}
