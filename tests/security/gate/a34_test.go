package gate_test

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/api/apitest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/attacktest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// cost is what an answer took. Memory is all that was allocated, not what stayed.
type cost struct {
	took  time.Duration
	bytes uint64
}

// costOf sends a request three times, as others may keep the machine busy, and returns the
// least that it took. Tests that use it run beside no others, whose memory it would count.
func costOf(send func() *apitest.Response) (got *apitest.Response, least cost) {
	for i := range 3 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began := time.Now()
		got = send()
		took := time.Since(began)
		runtime.ReadMemStats(&after)
		grown := after.TotalAlloc - before.TotalAlloc
		if i == 0 {
			least = cost{took, grown}
		}
		least = cost{min(least.took, took), min(least.bytes, grown)}
	}
	return got, least
}

// aRequest is what any request and its answer may allocate, however small the body is.
const aRequest = 64 << 10

// check holds the bounds of A-34 for a body: 50 ms, and four times its size.
func (c cost) check(t *testing.T, what string, body int) {
	t.Helper()
	if c.took > programtest.Within(50*time.Millisecond) {
		t.Errorf("%s took %v", what, c.took)
	}
	if c.bytes > uint64(4*body+aRequest) {
		t.Errorf("%s took %d bytes of memory for %d of body, %.1f times", what, c.bytes, body, float64(c.bytes)/float64(body))
	}
}

// TestA34ExpensiveBodies: a body made to cost much costs little.
func TestA34ExpensiveBodies(t *testing.T) {
	countedEngines(t, 0, func(t *testing.T, f *fixture, asked *atomic.Int64) {
		for name, body := range attacktest.Bodies() {
			t.Run(name, func(t *testing.T) {
				for _, a := range bodyWays(body) {
					if a.body != body {
						continue
					}
					client := f.as(t, asAna).With("Accept", "application/json").With("Prefer", a.prefer)
					sent, before := []byte(body), asked.Load()
					got, least := costOf(func() *apitest.Response { return client.Do(a.method, a.target, sent) })
					unknown := strings.HasPrefix(a.target, "/rpc/") && got.Code() == "PGRST202" // no function has such arguments
					if got.Status != http.StatusBadRequest && got.Status != http.StatusRequestEntityTooLarge && !unknown {
						t.Errorf("%s: status %d, want 400 or 413: %s", a.method, got.Status, shortened(got.Body))
					}
					if n := asked.Load() - before; n != 0 {
						t.Errorf("%s %s: %d statements", a.method, a.target, n)
					}
					least.check(t, a.method+" "+a.target, len(body))
				}
			})
		}
	})
}

// TestA34ExpensiveTexts: so does CSV, and a form.
func TestA34ExpensiveTexts(t *testing.T) {
	countedEngines(t, 0, func(t *testing.T, f *fixture, asked *atomic.Int64) {
		for _, tt := range attacktest.Texts() {
			t.Run(tt.Name, func(t *testing.T) {
				client := f.as(t, asAna).With("Accept", "application/json").With("Content-Type", tt.Media)
				sent, before := []byte(tt.Body), asked.Load()
				got, least := costOf(func() *apitest.Response { return client.Post("/notes", sent) })
				if got.Status != http.StatusBadRequest {
					t.Errorf("status %d, want 400: %s", got.Status, shortened(got.Body))
				}
				if n := asked.Load() - before; n != 0 {
					t.Errorf("%d statements", n)
				}
				t.Logf("%v, %.1f times the body", least.took, float64(least.bytes)/float64(len(tt.Body)))
				least.check(t, tt.Name, len(tt.Body))
			})
		}
	})
}

// TestA34ExpensiveBinds: so does a step of a batch that takes more from the steps before it than
// a body can hold, or has deeper places for it than a document has. What the step before
// it takes, which reads its rows, is not counted.
func TestA34ExpensiveBinds(t *testing.T) {
	const maxBody = 1 << 20
	batch := func(binds string) string {
		return `[{"id":"long","method":"GET","path":"/notes?slug=like.long-*"},{"method":"POST","path":"/notes","body":{},"bind":{` + binds + `}}]`
	}
	var whole []string
	for i := range 32 {
		whole = append(whole, fmt.Sprintf(`"/m%d":"long#"`, i))
	}
	deep := strings.Repeat("/a", 200_000)
	countedEngines(t, 0, func(t *testing.T, f *fixture, _ *atomic.Int64) {
		var rows []string
		for i := range 9 {
			rows = append(rows, fmt.Sprintf(`{"slug":"long-%d","title":"long","status":"draft","body":"%s"}`, i, strings.Repeat("x", 100_000)))
		}
		f.do(t, asAna, ask{method: http.MethodPost, target: "/notes", body: "[" + strings.Join(rows, ",") + "]"}).Want(http.StatusCreated)
		client := f.as(t, asAna).With("Accept", "application/json")
		ask := func(body string, status int, limit string) cost {
			sent := []byte(body)
			got, least := costOf(func() *apitest.Response { return client.Post("/-/batch", sent) })
			if got.Status != status || !strings.Contains(got.Body, limit) {
				t.Errorf("status %d, want %d by the limit %s: %s", got.Status, status, limit, shortened(got.Body))
			}
			return least
		}
		usual := ask(batch(`"/m":"long#/0/nothing"`), http.StatusBadRequest, "no such place")
		for _, tt := range []struct {
			name, body, limit string
			status            int
		}{
			{"the answer again and again", batch(strings.Join(whole, ",")), "1048576 bytes", http.StatusRequestEntityTooLarge},
			{"a deep place", batch(`"` + deep + `":"long#/0/slug"`), "bind: at most", http.StatusBadRequest},
			{"a deep value", batch(`"/m":"long#` + deep + `"`), "bind: at most", http.StatusBadRequest},
		} {
			t.Run(tt.name, func(t *testing.T) {
				least := ask(tt.body, tt.status, tt.limit)
				t.Logf("%v and %d bytes, %v and %d without, of %d", least.took, least.bytes, usual.took, usual.bytes, len(tt.body))
				if tt.status != http.StatusRequestEntityTooLarge {
					least.check(t, tt.name, len(tt.body))
					return
				}
				// What was begun is as long as a body may be.
				more := cost{max(0, least.took-usual.took), max(least.bytes, usual.bytes) - usual.bytes}
				more.check(t, tt.name, maxBody)
			})
		}
	})
}
