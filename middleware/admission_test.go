package middleware_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
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

// held is a handler with requests that run until they are released.
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

// crowd are requests that are under way in a synctest bubble.
type crowd struct {
	t  *testing.T
	h  http.Handler
	wg sync.WaitGroup
}

// send sends a request and returns its answer, whose status is 0 until there is one.
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

// address returns an unauthenticated request of an address.
func address(i int) *http.Request {
	r := as(auth.Principal{}, http.MethodPost, "/")
	r.RemoteAddr = fmt.Sprintf("192.0.2.%d:1", i)
	return r
}

func stranger() *http.Request { return address(1) }

// TestAdmission fills sixteen slots and a queue of four, and empties them.
func TestAdmission(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		work := newHeld()
		c := crowd{t: t, h: middleware.Must(middleware.Admission(middleware.AdmissionOptions{Running: 16, Waiting: 4, Wait: time.Hour, Logger: quiet()}))(work)}
		running := func(want int64, what string) {
			t.Helper()
			synctest.Wait()
			if got := work.in.Load(); got != want {
				t.Fatalf("%s: %d running, want %d", what, got, want)
			}
		}
		for range 8 {
			c.send(address(1))
		}
		own := c.send(address(1))
		running(8, "one caller has half of the slots")
		for i := range 4 {
			c.send(address(2 + i))
		}
		unknown := c.send(address(7))
		running(12, "unauthenticated requests have three quarters")
		for i := range 4 {
			c.send(user(fmt.Sprint("user", i), http.MethodGet))
		}
		known := c.send(user("bob", http.MethodGet))
		last := c.send(user("cem", http.MethodGet))
		running(16, "signed-in callers have the rest")
		if own.Code+unknown.Code+known.Code+last.Code != 0 {
			t.Fatalf("refused with room in the queue: %d, %d, %d, %d", own.Code, unknown.Code, known.Code, last.Code)
		}
		refusedWith(t, c.send(user("eve", http.MethodGet)), http.StatusServiceUnavailable, "PL503")
		close(work.let)
		c.wg.Wait()
		if own.Code != 200 || unknown.Code != 200 || known.Code != 200 || last.Code != 200 {
			t.Errorf("those that waited: %d, %d, %d, %d", own.Code, unknown.Code, known.Code, last.Code)
		}
	})
}

// refusedWith checks a refusal.
func refusedWith(t *testing.T, w *httptest.ResponseRecorder, status int, code string) {
	t.Helper()
	after, err := strconv.Atoi(w.Header().Get("Retry-After"))
	if w.Code != status || err != nil || after < 1 || after > 3 || !strings.Contains(w.Body.String(), strconv.Quote(code)) {
		t.Errorf("%d with Retry-After %q: %s, want %d %s", w.Code, w.Header().Get("Retry-After"), w.Body, status, code)
	}
}

// TestAdmissionOrder: the queue is served first in first out, except that a request whose
// caller has all of its slots lets others pass.
func TestAdmissionOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var order []string
		let := make(chan struct{})
		c := crowd{t: t, h: middleware.Must(middleware.Admission(middleware.AdmissionOptions{Running: 2, PerCaller: 1, Wait: time.Hour, Logger: quiet()}))(
			http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				order = append(order, auth.FromContext(r.Context()).ID)
				<-let
			}))}
		for _, id := range []string{"ada", "ada", "bob", "cem", "dan"} {
			c.send(user(id, http.MethodGet))
		}
		for range 5 {
			let <- struct{}{}
			synctest.Wait()
		}
		c.wg.Wait()
		// The second one of ada waits until the first one of ada or bob ends; which of
		// the two is released first is open.
		got := fmt.Sprint(order)
		if got != "[ada bob ada cem dan]" && got != "[ada bob cem ada dan]" && got != "[ada bob cem dan ada]" {
			t.Errorf("served %s", got)
		}
	})
}

// TestAdmissionWait: a request waits at most Wait, also when others wait already.
func TestAdmissionWait(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		work := newHeld()
		c := crowd{t: t, h: middleware.Must(middleware.Admission(middleware.AdmissionOptions{Running: 1, Logger: quiet()}))(work)}
		c.send(stranger())
		for range 3 {
			began := time.Now()
			refusedWith(t, answer(c.h, address(2)), http.StatusServiceUnavailable, "PL503")
			if took := time.Since(began); took != 500*time.Millisecond {
				t.Errorf("refused after %s", took)
			}
		}
		close(work.let)
		c.wg.Wait()
	})
}

// TestAdmissionOfOneCaller: one caller has at most half of the queue, which is 1,024 long
// by default. Its further requests get 429, those of others wait.
func TestAdmissionOfOneCaller(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		work := newHeld()
		c := crowd{t: t, h: middleware.Must(middleware.Admission(middleware.AdmissionOptions{Running: 2, Logger: quiet()}))(work)}
		statuses := map[int]int{}
		var mu sync.Mutex
		for range 1 + 512 + 3 {
			c.wg.Go(func() {
				w := answer(c.h, user("ada", http.MethodGet))
				mu.Lock()
				statuses[w.Code]++
				mu.Unlock()
			})
		}
		synctest.Wait()
		refusedWith(t, answer(c.h, user("ada", http.MethodGet)), http.StatusTooManyRequests, "PL429")
		other := c.send(user("bob", http.MethodGet))
		if work.in.Load() != 2 {
			t.Error("another caller is not served")
		}
		close(work.let)
		c.wg.Wait()
		if statuses[200] != 513 || statuses[429] != 3 || other.Code != 200 {
			t.Errorf("%v, the other one %d", statuses, other.Code)
		}
	})
}

// TestAdmissionOfGuests: users without an account count by IP address, as unauthenticated
// requests do. Otherwise one client would have as many callers as it signs up.
func TestAdmissionOfGuests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		work := newHeld()
		c := crowd{t: t, h: middleware.Must(middleware.Admission(middleware.AdmissionOptions{Running: 16, Wait: time.Hour, Logger: quiet()}))(work)}
		for i := range 64 {
			guest := as(auth.Principal{Kind: auth.User, ID: fmt.Sprint("guest", i), IsAnonymous: true}, http.MethodGet, "/")
			guest.RemoteAddr = fmt.Sprintf("192.0.2.%d:1", i%2)
			c.send(guest)
		}
		c.send(user("ann", http.MethodGet))
		if got := work.in.Load(); got != 13 {
			t.Errorf("%d running, want 12 of guests and one of a user", got)
		}
		close(work.let)
		c.wg.Wait()
	})
}

// TestAdmissionOfServices: an authenticated caller without an id counts by IP address and is
// not one of the unauthenticated requests.
func TestAdmissionOfServices(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		work := newHeld()
		c := crowd{t: t, h: middleware.Must(middleware.Admission(middleware.AdmissionOptions{Running: 16, PerCaller: 16, Wait: time.Hour, Logger: quiet()}))(work)}
		for range 16 {
			c.send(as(auth.Principal{Kind: auth.Service}, http.MethodGet, "/"))
		}
		if got := work.in.Load(); got != 16 {
			t.Errorf("%d running, want 16", got)
		}
		close(work.let)
		c.wg.Wait()
	})
}

// TestA46PerCaller: of 50 requests of one caller 10 run and the others wait.
// Another caller is served meanwhile.
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
				c := crowd{t: t, h: middleware.Must(middleware.Admission(middleware.AdmissionOptions{Running: 1000, PerCaller: 10, Logger: quiet()}))(work)}
				for range 50 {
					c.send(tt.caller())
				}
				if n := work.in.Load(); n != 10 {
					t.Errorf("%d running", n)
				}
				c.send(tt.other())
				if n := work.in.Load(); n != 11 {
					t.Errorf("the other one is not served: %d running", n)
				}
				close(work.let)
				c.wg.Wait()
			})
		})
	}
}

// TestAdmissionClientGone: a request of a client that has gone leaves the queue, with the
// error of its context.
func TestAdmissionClientGone(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		work := newHeld()
		var refused error
		c := crowd{t: t, h: middleware.Must(middleware.Admission(middleware.AdmissionOptions{
			Running: 1, Waiting: 4, Wait: time.Hour, Logger: quiet(),
			Refuse: func(_ http.ResponseWriter, _ *http.Request, err error) { refused = err },
		}))(work)}
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
			t.Error("the next request does not get the slot")
		}
		close(work.let)
		c.wg.Wait()
		if last.Code != 200 {
			t.Errorf("%d", last.Code)
		}
	})
}

// TestAdmissionPanics: a handler that panics gives its slot back.
func TestAdmissionPanics(t *testing.T) {
	t.Parallel()
	h := middleware.Must(middleware.Admission(middleware.AdmissionOptions{Running: 1, Wait: 1, Logger: quiet()}))(
		http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("a bug") }))
	for range 3 {
		if panics(func() { answer(h, stranger()) }) != "a bug" {
			t.Error("the panic did not come through, or there was no slot")
		}
	}
}

// TestAdmissionExempt: an exempt request takes no slot and needs none.
func TestAdmissionExempt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		work := newHeld()
		c := crowd{t: t, h: middleware.Must(middleware.Admission(middleware.AdmissionOptions{
			Running: 1, Logger: quiet(), Exempt: func(*http.Request) bool { return true },
		}))(work)}
		for range 10 {
			c.send(stranger())
		}
		if n := work.in.Load(); n != 10 {
			t.Errorf("%d running", n)
		}
		close(work.let)
		c.wg.Wait()
	})
}

// TestAdmissionLogs: refusals are logged once a second, with their number.
func TestAdmissionLogs(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		work, log := newHeld(), &lines{}
		c := crowd{t: t, h: middleware.Must(middleware.Admission(middleware.AdmissionOptions{Running: 1, Waiting: 2, Wait: 1, Logger: log.logger()}))(work)}
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

// TestAdmissionAtRandom: with requests that come, wait and go away at random there are
// never more running than allowed, each ends once, and in the end every slot is free.
func TestAdmissionAtRandom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		const limit, all = 7, 20_000
		var in, most, ended atomic.Int64
		random := rand.New(rand.NewPCG(5, 6)) // a test
		h := middleware.Must(middleware.Admission(middleware.AdmissionOptions{
			Running: limit, Waiting: 5, Wait: 20 * time.Millisecond, Logger: quiet(),
			Refuse: func(http.ResponseWriter, *http.Request, error) { ended.Add(1) },
		}))(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			n := in.Add(1)
			most.Store(max(most.Load(), n))
			time.Sleep(time.Duration(r.ContentLength) * time.Millisecond / 8)
			in.Add(-1)
			ended.Add(1)
		}))
		var wg sync.WaitGroup
		for range all {
			ctx, cancel := context.WithCancel(t.Context())
			r := address(random.IntN(5))
			if random.IntN(2) == 0 {
				r = user(fmt.Sprint(random.IntN(5)), http.MethodGet)
			}
			r = r.WithContext(context.WithoutCancel(r.Context()))
			r.ContentLength = 65 + random.Int64N(26)
			gone := time.Duration(random.IntN(40)) * time.Millisecond
			inside, stop := context.WithCancel(r.Context())
			context.AfterFunc(ctx, stop)
			wg.Go(func() {
				timer := time.AfterFunc(gone, cancel)
				defer timer.Stop()
				defer cancel()
				h.ServeHTTP(httptest.NewRecorder(), r.WithContext(inside))
			})
			time.Sleep(time.Duration(random.IntN(2000)) * time.Microsecond)
		}
		wg.Wait()
		if most.Load() != limit || ended.Load() != all {
			t.Errorf("%d running at most, want %d; %d of %d ended", most.Load(), limit, ended.Load(), all)
		}
		var again sync.WaitGroup
		for i := range limit {
			r := user(fmt.Sprint("last", i), http.MethodGet)
			r.ContentLength = 80
			again.Go(func() { h.ServeHTTP(httptest.NewRecorder(), r) })
			synctest.Wait()
			if got := in.Load(); got != int64(i+1) {
				t.Errorf("%d running, want %d", got, i+1)
			}
		}
		again.Wait()
	})
}

func TestAdmissionOptions(t *testing.T) {
	t.Parallel()
	for name, opts := range map[string]middleware.AdmissionOptions{
		"Running": {Running: -1}, "Waiting": {Waiting: -1}, "Wait": {Wait: -1}, "PerCaller": {PerCaller: -1},
	} {
		if _, err := middleware.Admission(opts); err == nil {
			t.Errorf("accepted: %s", name)
		}
	}
	if w := answer(middleware.Must(middleware.Admission(middleware.AdmissionOptions{}))(who), stranger()); w.Code != 200 {
		t.Errorf("by default: %d", w.Code)
	}
}
