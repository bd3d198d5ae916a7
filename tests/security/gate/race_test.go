package gate_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

// TestA38ParallelPatches: of 50 writers with one entity tag one is served,
// and the row is changed once.
func TestA38ParallelPatches(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		for round := range 3 {
			tag := f.as(t, asAna).Get("/notes/" + anaDraft).Want(http.StatusOK).Header.Get("Etag")
			statuses := together(50, func(i int) int {
				return f.as(t, asAna).With("If-Match", tag).Patch("/notes/"+anaDraft, fmt.Sprintf(`{"amount":%d}`, 1000*round+i)).Status
			})
			if statuses[http.StatusNoContent] != 1 || statuses[http.StatusPreconditionFailed] != 49 {
				t.Errorf("round %d: statuses %v, want one 204 and 49 times 412", round, statuses)
			}
			want := fmt.Sprintf(" version=\"%d\"\n", round+2)
			if got := f.rows(t, "select version from notes where id = '"+anaDraft+"'"); got != want {
				t.Errorf("round %d: %s, want%s", round, got, want)
			}
		}
	})
}

// TestA38PutOfNewRow: PUT with If-None-Match: * makes a row once, whoever
// is first; of a row that is there it tells no more than that, and of one out of
// sight, which PUT with If-Match takes for one that does not exist, the same.
func TestA38PutOfNewRow(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		put := func(id, header, tag string) int {
			body := fmt.Sprintf(`{"slug":"put-%s","title":"new","status":"draft"}`, id)
			return f.as(t, asAri).With(header, tag).Do(http.MethodPut, "/notes/"+id, body).Status
		}
		fresh := strings.Replace(ariDraft, "0000", "0bad", 1)
		statuses := together(50, func(int) int { return put(fresh, "If-None-Match", "*") })
		if statuses[http.StatusCreated] != 1 || statuses[http.StatusPreconditionFailed]+statuses[http.StatusConflict] != 49 {
			t.Errorf("statuses %v, want one 201", statuses)
		}
		for _, id := range []string{ariShared, anaShared, anaDraft, beaDraft} {
			if got := put(id, "If-None-Match", "*"); got != http.StatusPreconditionFailed {
				t.Errorf("%s with If-None-Match: %d", id, got)
			}
		}
		for _, id := range []string{anaShared, anaDraft, beaDraft, nobodys} {
			for _, tag := range []string{"*", `"1.x"`, `"1.x", "2.x"`} {
				if got := put(id, "If-Match", tag); got != http.StatusPreconditionFailed {
					t.Errorf("%s with If-Match %s: %d", id, tag, got)
				}
			}
		}
	})
}

// TestA40Reservations: of 100 clients who reserve from a stock of 10 in application
// code ten succeed, and the others learn that it is sold out.
func TestA40Reservations(t *testing.T) {
	t.Parallel()
	rounds := 5
	if programtest.Long() {
		rounds = 20
	}
	engines(t, func(t *testing.T, f *fixture) {
		for round := range rounds {
			f.reset(t)
			f.attempts.Store(0)
			statuses := together(100, func(int) int { return f.as(t, asAna).Post("/rpc/reserve", nil).Status })
			if statuses[http.StatusOK] != 10 || statuses[http.StatusConflict] != 90 {
				t.Errorf("round %d: statuses %v, want ten times 200 and 90 times 409", round, statuses)
			}
			if got := f.rows(t, `select "left" from stock`); got != " left=\"0\"\n" {
				t.Errorf("round %d: the stock is %s", round, got)
			}
			t.Logf("round %d: %d runs of the function for 100 requests", round, f.attempts.Load())
		}
	})
}

// TestA40UniqueNames: of 50 clients who take one unique name one succeeds.
func TestA40UniqueNames(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, f *fixture) {
		statuses := together(50, func(int) int {
			return f.as(t, asAna).Post("/notes", `{"slug":"taken","title":"x","status":"draft"}`).Status
		})
		if statuses[http.StatusCreated] != 1 || statuses[http.StatusConflict] != 49 {
			t.Errorf("statuses %v, want one 201 and 49 times 409", statuses)
		}
		upserts := together(50, func(i int) int {
			return f.as(t, asAna).With("Prefer", "resolution=merge-duplicates").
				Post("/notes?on_conflict=slug", fmt.Sprintf(`{"slug":"merged","title":"x","status":"draft","amount":%d}`, i)).Status
		})
		if upserts[http.StatusCreated]+upserts[http.StatusOK]+upserts[http.StatusConflict] != 50 || upserts[http.StatusCreated] != 1 {
			t.Errorf("statuses of upserts %v, want one 201, and 200 or 409", upserts)
		}
	})
}

// together calls a function n times at the same moment and counts what it
// returns.
func together(n int, call func(i int) int) map[int]int {
	var (
		mu     sync.Mutex
		wg     sync.WaitGroup
		counts = map[int]int{}
		start  = make(chan struct{})
	)
	for i := range n {
		wg.Go(func() {
			<-start
			result := call(i)
			mu.Lock()
			counts[result]++
			mu.Unlock()
		})
	}
	close(start)
	wg.Wait()
	return counts
}
