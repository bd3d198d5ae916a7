package jwt_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/auth/jwt"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
)

func newPrivate(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return private
}

func named(t *testing.T, id string, private *ecdsa.PrivateKey) jwt.Key {
	t.Helper()
	key, err := jwt.PrivateKey(id, private)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func newKey(t *testing.T) jwt.Key { return named(t, "", newPrivate(t)) }

// publisher is an issuer that publishes keys.
type publisher struct {
	*httptest.Server
	fetches atomic.Int64

	mu     sync.Mutex
	body   []byte
	status int
	hold   chan struct{} // answers wait for it to be closed
}

func newPublisher(t *testing.T, keys ...jwt.Key) *publisher {
	t.Helper()
	p := &publisher{status: http.StatusOK}
	p.publish(t, keys...)
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		p.fetches.Add(1)
		p.mu.Lock()
		body, status, hold := p.body, p.status, p.hold
		p.mu.Unlock()
		if hold != nil {
			<-hold
		}
		w.WriteHeader(status)
		_, _ = w.Write(body)
	}))
	t.Cleanup(p.Close)
	return p
}

func (p *publisher) publish(t *testing.T, keys ...jwt.Key) {
	t.Helper()
	body, err := jwt.Set(keys...)
	if err != nil {
		t.Fatal(err)
	}
	p.answer(http.StatusOK, body)
}

func (p *publisher) answer(status int, body []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.status, p.body = status, body
}

// testClock is a time that tests set.
type testClock struct{ now atomic.Int64 }

func newClock() *testClock {
	c := new(testClock)
	c.now.Store(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).UnixNano())
	return c
}

func (c *testClock) Now() time.Time          { return time.Unix(0, c.now.Load()) }
func (c *testClock) advance(d time.Duration) { c.now.Add(int64(d)) }

func newRemote(t *testing.T, p *publisher, c *testClock) *jwt.Remote {
	t.Helper()
	r, err := jwt.NewRemote(p.URL, jwt.RemoteConfig{InsecureLoopback: true, Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// look is what a KeySource says of an id: known, unknown or nobody can tell.
func look(t *testing.T, r *jwt.Remote, id string) string {
	t.Helper()
	key, found, err := r.Key(t.Context(), id)
	switch {
	case err != nil:
		return "nobody can tell"
	case found && id != "" && key.ID() != id:
		return "another key: " + key.ID()
	case found:
		return "known"
	}
	return "unknown"
}

// TestRemote follows one issuer through a day. Each step has the time that passes, what the
// issuer answers, the id, the result and how often the issuer was asked until then.
func TestRemote(t *testing.T) {
	t.Parallel()
	first, second := newKey(t), newKey(t)
	p, c := newPublisher(t, first), newClock()
	r := newRemote(t, p, c)
	set := func(keys ...jwt.Key) func() { return func() { p.publish(t, keys...) } }
	broken := func(status int, body string) func() { return func() { p.answer(status, []byte(body)) } }
	for i, step := range []struct {
		later  time.Duration
		change func()
		id     string
		want   string
		asked  int64
	}{
		{0, nil, first.ID(), "known", 1},
		{0, nil, "", "known", 1}, // the only key is also that of tokens that name none
		{0, nil, second.ID(), "unknown", 1},
		{29 * time.Second, set(first, second), second.ID(), "unknown", 1}, // not so soon
		{time.Second, nil, second.ID(), "known", 2},
		{0, nil, "", "unknown", 2}, // there are two now
		{time.Minute, nil, "x", "unknown", 3},
		{time.Minute, nil, "x", "unknown", 3}, // the issuer has said so
		{time.Minute, nil, "y", "unknown", 4},
		{5 * time.Minute, nil, "x", "unknown", 5},
		{time.Minute, broken(200, `{"keys":[]}`), "z", "nobody can tell", 6},
		{time.Second, nil, "z", "nobody can tell", 6},
		{0, nil, first.ID(), "known", 6},
		{time.Minute, broken(500, ""), "z", "nobody can tell", 7},
		{25 * time.Hour, nil, first.ID(), "nobody can tell", 8},
		{time.Second, nil, first.ID(), "nobody can tell", 8},
		{time.Minute, set(second), second.ID(), "known", 9},
		{0, nil, first.ID(), "unknown", 9},
	} {
		c.advance(step.later)
		if step.change != nil {
			step.change()
		}
		if got := look(t, r, step.id); got != step.want {
			t.Errorf("step %d: %s, want %s", i, got, step.want)
		}
		if n := p.fetches.Load(); n != step.asked {
			t.Errorf("step %d: asked %d times, want %d", i, n, step.asked)
		}
	}
}

// TestRemoteStale: old keys are refreshed while they are used, and stay valid for a day if
// the issuer does not answer.
func TestRemoteStale(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	p, c := newPublisher(t, key), newClock()
	r := newRemote(t, p, c)
	if got := look(t, r, key.ID()); got != "known" {
		t.Fatal(got)
	}
	hold := make(chan struct{})
	p.mu.Lock()
	p.hold = hold
	p.mu.Unlock()
	c.advance(time.Hour)
	if got := look(t, r, key.ID()); got != "known" { // does not wait for the answer
		t.Error(got)
	}
	p.answer(http.StatusBadGateway, nil)
	close(hold)
	programtest.Until(t, 20*time.Second, "the keys are asked for again", func() bool { return p.fetches.Load() >= 2 })
	for hour := range 23 {
		c.advance(time.Hour)
		if got := look(t, r, key.ID()); got != "known" {
			t.Errorf("after %d hours without an answer: %s", hour+1, got)
		}
		time.Sleep(5 * time.Millisecond) // the request beside it fails
	}
}

// TestRemoteCancel: a caller that waits for an issuer stops when its context ends.
func TestRemoteCancel(t *testing.T) {
	t.Parallel()
	p, c := newPublisher(t, newKey(t)), newClock()
	p.hold = make(chan struct{})
	defer close(p.hold)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, _, err := newRemote(t, p, c).Key(ctx, "x"); !errors.Is(err, context.DeadlineExceeded) {
		t.Error(err)
	}
}

// TestA5 is case A-5: tokens with random ids make at most one request to the issuer in a
// cooldown, and do not delay those with known keys.
func TestA5(t *testing.T) {
	t.Parallel()
	private := newPrivate(t)
	old, fresh := named(t, "", private), newKey(t)
	p, c := newPublisher(t, old), newClock()
	r := newRemote(t, p, c)
	v, err := jwt.New(jwt.Config{Audience: "us", Issuer: "https://issuer.test", KeySource: r, Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	token := func(key jwt.Key) string {
		s, err := jwt.NewSigner(jwt.SignerConfig{Audience: "us", Issuer: "https://issuer.test", Key: key, Now: c.Now})
		if err != nil {
			t.Fatal(err)
		}
		text, err := s.Sign(auth.Principal{Kind: auth.User, ID: "ann"}, time.Hour)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	known := token(old)
	if _, err := v.Verify(t.Context(), known); err != nil {
		t.Fatal(err)
	}
	c.advance(time.Minute)
	work := make(chan int)
	var wg sync.WaitGroup
	var mu sync.Mutex
	var took []time.Duration
	for range 50 {
		wg.Go(func() {
			for i := range work {
				text := token(named(t, fmt.Sprint("random-", i), private))
				if _, err := v.Verify(t.Context(), text); !errors.Is(err, auth.ErrInvalid) {
					t.Errorf("a random id: %v", err)
				}
				start := time.Now()
				if _, err := v.Verify(t.Context(), known); err != nil {
					t.Errorf("a known id: %v", err)
				}
				mu.Lock()
				took = append(took, time.Since(start))
				mu.Unlock()
			}
		})
	}
	for i := range 1000 {
		work <- i
	}
	close(work)
	wg.Wait()
	if n := p.fetches.Load(); n != 2 {
		t.Errorf("asked %d times, want once at the start and once since", n)
	}
	slices.Sort(took)
	t.Logf("known ids among them: median %v, p99 %v", took[len(took)/2], took[len(took)*99/100])
	p.publish(t, old, fresh)
	c.advance(31 * time.Second)
	if _, err := v.Verify(t.Context(), token(fresh)); err != nil {
		t.Errorf("a key published since: %v", err)
	}
	if n := p.fetches.Load(); n != 3 {
		t.Errorf("asked %d times, want 3", n)
	}
}

// TestRemoteUnavailable: if the issuer never answered, a token is an error and not refused.
func TestRemoteUnavailable(t *testing.T) {
	t.Parallel()
	key := newKey(t)
	p, c := newPublisher(t, key), newClock()
	p.answer(http.StatusServiceUnavailable, nil)
	v, err := jwt.New(jwt.Config{Audience: "us", Issuer: "https://issuer.test", KeySource: newRemote(t, p, c), Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	s, err := jwt.NewSigner(jwt.SignerConfig{Audience: "us", Issuer: "https://issuer.test", Key: key, Now: c.Now})
	if err != nil {
		t.Fatal(err)
	}
	text, err := s.Sign(auth.Principal{Kind: auth.User, ID: "ann"}, time.Hour)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.Verify(t.Context(), text); !errors.Is(err, auth.ErrUnavailable) || errors.Is(err, auth.ErrInvalid) {
		t.Error(err)
	}
}

func TestNewRemote(t *testing.T) {
	t.Parallel()
	for _, url := range []string{"", "http://example.org/keys", "https://127.0.0.1/keys", "https://localhost/keys", "file:///keys", "https://10.0.0.1/"} {
		if _, err := jwt.NewRemote(url, jwt.RemoteConfig{}); err == nil {
			t.Errorf("%q is accepted", url)
		}
	}
	if _, err := jwt.NewRemote("https://example.org/keys", jwt.RemoteConfig{MaxAge: -1}); err == nil {
		t.Error("a negative age is accepted")
	}
	if _, err := jwt.NewRemote("https://example.org/keys", jwt.RemoteConfig{}); err != nil {
		t.Error(err)
	}
}
