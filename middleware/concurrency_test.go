package middleware_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/middleware"
)

// held is a handler whose requests last until they are let go.
type held struct {
	in   atomic.Int64
	most atomic.Int64
	let  chan struct{}
}

func newHeld() *held { return &held{let: make(chan struct{})} }

func (h *held) ServeHTTP(http.ResponseWriter, *http.Request) {
	n := h.in.Add(1)
	for most := h.most.Load(); n > most && !h.most.CompareAndSwap(most, n); most = h.most.Load() {
	}
	<-h.let
	h.in.Add(-1)
}

// crowd are requests that are under way in a bubble.
type crowd struct {
	t  *testing.T
	h  http.Handler
	wg sync.WaitGroup
}

// send sends a request and returns what becomes of it, once the bubble is at rest.
func (c *crowd) send(r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	w.Code = 0
	c.wg.Go(func() {
		inner := httptest.NewRecorder()
		c.h.ServeHTTP(inner, r)
		*w = *inner
	})
	synctest.Wait()
	return w
}

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func user(id, method string) *http.Request {
	return as(auth.Principal{Kind: auth.User, ID: id}, method, "/")
}

func stranger() *http.Request { return as(auth.Principal{}, http.MethodPost, "/") }

// TestConcurrency fills sixteen places and a queue of three, one request after the
// other, and empties them.
func TestConcurrency(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		work := newHeld()
		health := httptest.NewRequest(http.MethodGet, "/health", nil)
		c := crowd{t: t, h: middleware.Concurrency(middleware.ConcurrencyOptions{
			Limit: 16, Queue: 3, Wait: time.Hour, Logger: quiet(),
			Priority: func(r *http.Request) middleware.Priority {
				if r == health {
					return middleware.PriorityHealth
				}
				return middleware.RequestPriority(r)
			},
		})(work)}
		in := func(want int64, what string) {
			t.Helper()
			synctest.Wait()
			if got := work.in.Load(); got != want {
				t.Fatalf("%s: %d in work, want %d", what, got, want)
			}
		}
		for range 10 {
			c.send(stranger())
		}
		in(10, "strangers have five eighths of the places")
		waiting := c.send(stranger())
		in(10, "one more waits")
		for range 3 {
			c.send(user("ada", http.MethodGet))
		}
		in(13, "reads have thirteen sixteenths")
		read := c.send(user("ada", http.MethodGet))
		in(13, "one more waits")
		for range 3 {
			c.send(user("ada", http.MethodDelete))
		}
		in(16, "writes have the rest, where there are so few")
		write := c.send(user("ada", http.MethodPut))
		in(16, "one more waits")
		if waiting.Code != 0 || read.Code != 0 || write.Code != 0 {
			t.Fatalf("refused while there is room in the queue: %d, %d, %d", waiting.Code, read.Code, write.Code)
		}
		if w := c.send(stranger()); w.Code != http.StatusServiceUnavailable {
			t.Errorf("a stranger beyond the queue: %d", w.Code)
		} else if after, err := strconv.Atoi(w.Header().Get("Retry-After")); err != nil || after < 1 || after > 3 || !strings.Contains(w.Body.String(), `"code":"PL503"`) {
			t.Errorf("503 with Retry-After %q: %s", w.Header().Get("Retry-After"), w.Body)
		}
		check := c.send(health)
		if synctest.Wait(); waiting.Code != http.StatusServiceUnavailable || check.Code != 0 {
			t.Errorf("a health check takes the place in the queue of a stranger: %d, %d", waiting.Code, check.Code)
		}
		work.let <- struct{}{}
		in(16, "the place that is free goes to the health check")
		work.let <- struct{}{}
		in(16, "the next to the write")
		if read.Code != 0 {
			t.Errorf("the read is not waiting: %d", read.Code)
		}
		for range 4 {
			work.let <- struct{}{}
			synctest.Wait()
		}
		in(13, "the read waits until there are thirteen")
		close(work.let)
		c.wg.Wait()
		if check.Code != 200 || write.Code != 200 || read.Code != 200 {
			t.Errorf("of those who waited: %d, %d, %d", check.Code, write.Code, read.Code)
		}
	})
}

// TestConcurrencyWaits: a request waits for as long as it is told, and when places have
// been wanting for that long, nobody waits until there was a pause.
func TestConcurrencyWaits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		work := newHeld()
		c := crowd{t: t, h: middleware.Concurrency(middleware.ConcurrencyOptions{Limit: 1, Queue: 100, Wait: time.Second, Logger: quiet()})(work)}
		c.send(stranger())
		refused := func(want time.Duration, when string) {
			t.Helper()
			began := time.Now()
			if w := answer(c.h, stranger()); w.Code != http.StatusServiceUnavailable {
				t.Errorf("%s: %d", when, w.Code)
			}
			if took := time.Since(began); took != want {
				t.Errorf("%s: waits %s, want %s", when, took, want)
			}
		}
		refused(time.Second, "the first")
		time.Sleep(time.Nanosecond)
		for range 3 {
			refused(0, "after a second in which somebody waited")
			time.Sleep(time.Second)
		}
		time.Sleep(time.Nanosecond)
		refused(time.Second, "after a second in which nobody came")

		// Who waits for less keeps the line as well.
		time.Sleep(2 * time.Second)
		for range 3 {
			ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
			answer(c.h, stranger().WithContext(ctx))
			cancel()
		}
		refused(0, "after three that have gone away")
		close(work.let)
		c.wg.Wait()
	})
}

// TestConcurrencyClientGone: who goes away while waiting leaves the line, and is no
// failure of the server.
func TestConcurrencyClientGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		work := newHeld()
		var refused error
		c := crowd{t: t, h: middleware.Concurrency(middleware.ConcurrencyOptions{
			Limit: 1, Queue: 2, Wait: time.Hour, Logger: quiet(),
			Refuse: func(_ http.ResponseWriter, _ *http.Request, err error) { refused = err },
		})(work)}
		c.send(stranger())
		ctx, cancel := context.WithCancel(t.Context())
		c.send(stranger().WithContext(ctx))
		last := c.send(stranger())
		cancel()
		synctest.Wait()
		if !errors.Is(refused, context.Canceled) {
			t.Errorf("%v", refused)
		}
		work.let <- struct{}{}
		synctest.Wait()
		if work.in.Load() != 1 {
			t.Error("the one behind does not get the place")
		}
		close(work.let)
		c.wg.Wait()
		if last.Code != 200 {
			t.Errorf("%d", last.Code)
		}
	})
}

// TestConcurrencyPanics: a handler that panics gives its place back.
func TestConcurrencyPanics(t *testing.T) {
	t.Parallel()
	h := middleware.Concurrency(middleware.ConcurrencyOptions{Limit: 1, PerCaller: 1, Wait: 1, Logger: quiet()})(
		http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("a bug") }))
	for range 3 {
		if panics(func() { answer(h, stranger()) }) != "a bug" {
			t.Error("the panic did not come through, or there was no place")
		}
	}
}

// TestConcurrencyExempt: what is exempt takes no place and needs none.
func TestConcurrencyExempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		work := newHeld()
		c := crowd{t: t, h: middleware.Concurrency(middleware.ConcurrencyOptions{
			Limit: 1, PerCaller: 1, Logger: quiet(),
			Priority: func(*http.Request) middleware.Priority { return middleware.PriorityExempt },
		})(work)}
		for range 10 {
			c.send(stranger())
		}
		if n := work.in.Load(); n != 10 {
			t.Errorf("%d in work", n)
		}
		close(work.let)
		c.wg.Wait()
	})
}

// TestA46PerCaller: of 50 requests of one caller as many are in work as may be,
// the others get 429, and others are served meanwhile.
func TestA46PerCaller(t *testing.T) {
	t.Parallel()
	at := func(address string) *http.Request { r := stranger(); r.RemoteAddr = address; return r }
	var made atomic.Int64
	key := func(owner string) *http.Request { // another one each time
		p := auth.Principal{Kind: auth.User, ID: fmt.Sprint("api-key:", made.Add(1)), CountedAs: owner}
		r := user(owner, http.MethodGet)
		return r.WithContext(auth.WithPrincipal(r.Context(), p))
	}
	tests := []struct {
		name          string
		caller, other func() *http.Request
	}{
		{"User", func() *http.Request { return user("ada", http.MethodGet) }, func() *http.Request { return user("bob", http.MethodGet) }},
		{"KeysOfUser", func() *http.Request { return key("ada") }, func() *http.Request { return key("bob") }},
		{"Stranger", func() *http.Request { return at("192.0.2.1:1") }, func() *http.Request { return at("192.0.2.2:1") }},
		{"Network", func() *http.Request { return at("[2001:db8::1]:1") }, func() *http.Request { return at("[2001:db8:0:1::1]:1") }},
		{"UserIsNoStranger", func() *http.Request { return user("ada", http.MethodGet) }, func() *http.Request { return at("192.0.2.1:1") }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				work := newHeld()
				c := crowd{t: t, h: middleware.Concurrency(middleware.ConcurrencyOptions{Limit: 1000, PerCaller: 10, Logger: quiet()})(work)}
				var all []*httptest.ResponseRecorder
				for range 50 {
					all = append(all, c.send(tt.caller()))
				}
				if n := work.in.Load(); n != 10 {
					t.Errorf("%d in work", n)
				}
				other := c.send(tt.other())
				if n := work.in.Load(); n != 11 {
					t.Errorf("the other is not served: %d in work", n)
				}
				close(work.let)
				c.wg.Wait()
				statuses := map[int]int{}
				for _, w := range all {
					statuses[w.Code]++
					if w.Code == 429 && (w.Header().Get("Retry-After") != "1" || !strings.Contains(w.Body.String(), `"code":"PL429"`)) {
						t.Errorf("429 with Retry-After %q: %s", w.Header().Get("Retry-After"), w.Body)
					}
				}
				if statuses[200] != 10 || statuses[429] != 40 || other.Code != 200 {
					t.Errorf("%v, the other %d", statuses, other.Code)
				}
				if w := answer(c.h, tt.caller()); w.Code != 200 {
					t.Errorf("afterwards: %d", w.Code)
				}
			})
		})
	}
}

// TestConcurrencyLogs: that requests are refused is said once in a second, with their
// number.
func TestConcurrencyLogs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		work, log := newHeld(), &lines{}
		c := crowd{t: t, h: middleware.Concurrency(middleware.ConcurrencyOptions{Limit: 1, Queue: 1, Wait: 1, Logger: log.logger()})(work)}
		c.send(stranger())
		for range 5 {
			answer(c.h, stranger())
		}
		time.Sleep(time.Second)
		answer(c.h, stranger())
		close(work.let)
		c.wg.Wait()
		var refused []any
		for _, line := range log.all(t) {
			refused = append(refused, line["refused"])
		}
		if fmt.Sprint(refused) != "[1 5]" {
			t.Errorf("logged %v: %s", refused, log.text())
		}
	})
}

// TestConcurrencyAtRandom: whatever comes, waits and goes away, there are never more in
// work than may be, and in the end every place is free.
func TestConcurrencyAtRandom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const limit = 7
		var in, most, ended atomic.Int64
		random := rand.New(rand.NewPCG(5, 6)) //nolint:gosec // a test
		h := middleware.Concurrency(middleware.ConcurrencyOptions{
			Limit: limit, Queue: 5, Wait: 20 * time.Millisecond, Logger: quiet(),
			Priority: func(r *http.Request) middleware.Priority {
				return middleware.Priority(r.ContentLength) //nolint:gosec // 0 to 3
			},
			Refuse: func(http.ResponseWriter, *http.Request, error) { ended.Add(1) },
		})(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			n := in.Add(1)
			most.Store(max(most.Load(), n))
			time.Sleep(time.Duration(r.Header.Get("X")[0]) * time.Millisecond / 8)
			in.Add(-1)
			ended.Add(1)
		}))
		var wg sync.WaitGroup
		const all = 20_000
		for range all {
			ctx, cancel := context.WithCancel(t.Context())
			r := httptest.NewRequest(http.MethodGet, "/", nil).WithContext(ctx)
			r.ContentLength = random.Int64N(4)
			r.Header.Set("X", string(rune('A'+random.IntN(26))))
			gone := time.Duration(random.IntN(40)) * time.Millisecond
			wg.Go(func() {
				stop := time.AfterFunc(gone, cancel)
				defer stop.Stop()
				defer cancel()
				h.ServeHTTP(httptest.NewRecorder(), r)
			})
			time.Sleep(time.Duration(random.IntN(2000)) * time.Microsecond)
		}
		wg.Wait()
		if most.Load() != limit || ended.Load() != all {
			t.Errorf("%d in work at most, want %d; %d of %d ended", most.Load(), limit, ended.Load(), all)
		}
		// Every place is free: the least important fill theirs, the most important the rest.
		work := sync.WaitGroup{}
		before := ended.Load()
		for i := range limit {
			r := httptest.NewRequest(http.MethodGet, "/", nil)
			r.ContentLength = int64(middleware.PriorityHealth)
			r.Header.Set("X", "A")
			work.Go(func() { h.ServeHTTP(httptest.NewRecorder(), r) })
			synctest.Wait()
			if got := in.Load(); got != int64(i+1) {
				t.Errorf("%d in work, want %d", got, i+1)
			}
		}
		work.Wait()
		if ended.Load() != before+limit {
			t.Error("a place was lost")
		}
	})
}

// TestConcurrencyAdapts: while turns take long there are fewer places, down to two for
// each processor, and one more again in every 10 ms when they do not.
func TestConcurrencyAdapts(t *testing.T) {
	t.Parallel()
	const slow, fair, fast = 5 * time.Millisecond, 2 * time.Millisecond, time.Microsecond
	fewest := 2 * runtime.GOMAXPROCS(0)
	limit := 16 * fewest
	if got := middleware.Turns(limit, time.Millisecond, slow, fair, slow, fast, fast); !slices.Equal(got, []int{limit * 3 / 4, limit * 3 / 4, limit * 9 / 16, limit * 9 / 16, limit * 9 / 16}) {
		t.Errorf("of %d: %d", limit, got)
	}
	down := middleware.Turns(limit, time.Millisecond, slices.Repeat([]time.Duration{slow}, 50)...)
	if last := down[len(down)-1]; last != fewest {
		t.Errorf("%d are left, want %d", last, fewest)
	}
	turns := slices.Concat(slices.Repeat([]time.Duration{slow}, 50), slices.Repeat([]time.Duration{fast}, 2*limit))
	up := middleware.Turns(limit, 11*time.Millisecond, turns...)
	if got, last := up[50+10]-up[50], up[len(up)-1]; got != 10 || last != limit {
		t.Errorf("%d more after 10 quick turns, in the end %d of %d", got, last, limit)
	}
	if got := middleware.Turns(1, time.Second, slow, slow); !slices.Equal(got, []int{1, 1}) {
		t.Errorf("of one: %d", got)
	}
}

func TestConcurrencyOptions(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]middleware.ConcurrencyOptions{
		"Limit": {Limit: -1}, "Queue": {Queue: -1}, "Wait": {Wait: -1}, "PerCaller": {PerCaller: -1},
	} {
		mustPanic(t, name, func() { middleware.Concurrency(opts) })
	}
	if w := answer(middleware.Concurrency(middleware.ConcurrencyOptions{})(who), stranger()); w.Code != 200 {
		t.Errorf("by default: %d", w.Code)
	}
	for _, tt := range []struct {
		r    *http.Request
		want middleware.Priority
	}{
		{stranger(), middleware.PriorityAnonymous},
		{user("ada", http.MethodGet), middleware.PriorityRead},
		{user("ada", http.MethodHead), middleware.PriorityRead},
		{user("ada", http.MethodOptions), middleware.PriorityRead},
		{user("ada", http.MethodPost), middleware.PriorityWrite},
		{as(auth.Principal{Kind: auth.Service}, http.MethodDelete, "/"), middleware.PriorityWrite},
	} {
		if got := middleware.RequestPriority(tt.r); got != tt.want {
			t.Errorf("%s of %s: %d, want %d", tt.r.Method, auth.FromContext(tt.r.Context()), got, tt.want)
		}
	}
}
