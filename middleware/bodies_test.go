package middleware_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-7694ebf6/plinth/middleware"
)

// reading is a handler that reads its body and holds on until it is let go.
func reading(h *held) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		h.ServeHTTP(w, r)
	})
}

// slow is a request of an address whose body has said its length, -1 for chunks, and
// arrives when it is written to the other end.
func slow(address string, length int64) (*http.Request, *io.PipeWriter) {
	body, client := io.Pipe()
	r := httptest.NewRequest(http.MethodPost, "/", body)
	r.ContentLength, r.RemoteAddr = length, address+":1"
	return r, client
}

// TestConcurrencySlowBodies: however many bodies arrive slowly, and of how many addresses,
// strangers are served; and those whose body has arrived are too.
func TestConcurrencySlowBodies(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name      string
		addresses int
		length    int64
	}{
		{"OneAddress", 1, 1000},
		{"Addresses", 40, 1000},
		{"LongOfOneAddress", 1, 1 << 20},
		{"Long", 40, 1 << 20},
		{"Chunked", 40, -1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				work := newHeld()
				c := crowd{t: t, h: middleware.Concurrency(middleware.ConcurrencyOptions{Limit: 16, PerCaller: 8, Logger: quiet()})(reading(work))}
				var clients []*io.PipeWriter
				for i := range 200 {
					r, client := slow(fmt.Sprintf("192.0.2.%d", i%tt.addresses), tt.length)
					c.send(r)
					clients = append(clients, client)
				}
				for range 10 {
					r := stranger()
					r.RemoteAddr = fmt.Sprintf("198.51.100.%d:1", work.in.Load()/5)
					c.send(r)
				}
				if n := work.in.Load(); n != 10 {
					t.Errorf("%d of 10 strangers are served", n)
				}
				for _, client := range clients {
					_ = client.Close()
				}
				close(work.let)
				c.wg.Wait()
				// Nothing was lost: as many as before find room, from where they came, whatever
				// their bodies are.
				for _, length := range []int64{1, 1 << 20, -1} {
					for i := range max(8, tt.addresses) {
						r, client := slow(fmt.Sprintf("192.0.2.%d", i%tt.addresses), length)
						_ = client.Close()
						if w := answer(c.h, r); w.Code != http.StatusOK {
							t.Errorf("afterwards, of %d bytes: %d", length, w.Code)
						}
					}
				}
			})
		})
	}
}

// TestConcurrencyLongBodies: bodies that are long, come in chunks or are asked for have
// places of their own, a quarter as many, and half of those for one caller.
func TestConcurrencyLongBodies(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*http.Request){
		"Long":    func(r *http.Request) { r.ContentLength = 64<<10 + 1 },
		"Chunked": func(r *http.Request) { r.ContentLength = -1 },
		"Asked":   func(r *http.Request) { r.Header.Set("Expect", "100-continue") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				work := newHeld()
				c := crowd{t: t, h: middleware.Concurrency(middleware.ConcurrencyOptions{Limit: 64, Queue: 64, PerCaller: 32, Wait: time.Hour, Logger: quiet()})(work)}
				statuses := func(n int, address string) (refused int) {
					var all []*httptest.ResponseRecorder
					for range n {
						r, _ := slow(address, 100)
						change(r)
						all = append(all, c.send(r))
					}
					for _, w := range all {
						if w.Code == http.StatusTooManyRequests {
							refused++
						}
					}
					return refused
				}
				if refused := statuses(10, "192.0.2.1"); refused != 2 || work.in.Load() != 8 {
					t.Errorf("of one caller %d in work, %d refused", work.in.Load(), refused)
				}
				if statuses(10, "192.0.2.2"); work.in.Load() != 10 {
					t.Errorf("strangers: %d in work, want five eighths of 16", work.in.Load())
				}
				close(work.let)
				c.wg.Wait()
			})
		})
	}
}

// TestConcurrencyRoom: bodies of more than 4 KiB are awaited in 256 KiB for each place;
// those that find none there have places as long ones do.
func TestConcurrencyRoom(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		work := newHeld()
		c := crowd{t: t, h: middleware.Concurrency(middleware.ConcurrencyOptions{Limit: 8, Logger: quiet()})(work)}
		var clients []*io.PipeWriter
		send := func(length int64) {
			r, client := slow("192.0.2.1", length)
			clients = append(clients, client)
			c.send(r)
		}
		for range 8 * 4 {
			send(64 << 10)
		}
		if n := work.in.Load(); n != 0 {
			t.Errorf("%d handlers have begun", n)
		}
		if send(64 << 10); work.in.Load() != 1 {
			t.Error("who finds no room waits for some")
		}
		if send(4 << 10); work.in.Load() != 1 {
			t.Error("a short one needs room")
		}
		for _, client := range clients {
			_ = client.CloseWithError(errors.New("gone"))
		}
		close(work.let)
		c.wg.Wait()
		work.let = make(chan struct{})
		if send(64 << 10); work.in.Load() != 0 {
			t.Error("room was lost")
		}
		_ = clients[len(clients)-1].Close()
		close(work.let)
		c.wg.Wait()
	})
}

// TestConcurrencyManyBodies: short bodies are awaited too only in so many requests; those
// beyond have places as long ones do.
func TestConcurrencyManyBodies(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		work := newHeld()
		c := crowd{t: t, h: middleware.Concurrency(middleware.ConcurrencyOptions{Limit: 4, Logger: quiet()})(work)}
		for range 2 {
			var clients []*io.PipeWriter
			send := func() {
				r, client := slow("192.0.2.1", 100)
				clients = append(clients, client)
				c.send(r)
			}
			for range 4 * 64 {
				send()
			}
			if n := work.in.Load(); n != 0 {
				t.Errorf("%d handlers have begun", n)
			}
			if send(); work.in.Load() != 1 {
				t.Error("any number is awaited")
			}
			for _, client := range clients {
				_ = client.CloseWithError(errors.New("gone"))
			}
			close(work.let)
			c.wg.Wait()
			work.let = make(chan struct{})
		}
	})
}

// TestConcurrencyBodies: a handler reads what was sent and how it ended, whatever was
// awaited.
func TestConcurrencyBodies(t *testing.T) {
	t.Parallel()
	cut := errors.New("cut")
	text := strings.Repeat("0123456789abcdef", 8<<10) // 128 KiB
	for _, tt := range []struct {
		name   string
		length int64
		body   io.Reader
		want   string
		err    error
	}{
		{"Short", 5, strings.NewReader("12345"), "12345", nil},
		{"Most", 64 << 10, strings.NewReader(text[:64<<10]), text[:64<<10], nil},
		{"Long", 128 << 10, strings.NewReader(text), text, nil},
		{"Chunked", -1, strings.NewReader(text), text, nil},
		{"OneByteAtATime", 100, slowly{strings.NewReader(text[:100])}, text[:100], nil},
		{"EndWithTheLastByte", 5, ending{[]byte("12345"), io.EOF}, "12345", nil},
		{"ShorterThanItSaid", 10, strings.NewReader("12345"), "12345", nil},
		{"LongerThanItSaid", 5, strings.NewReader(text), text, nil},
		{"Cut", 10, io.MultiReader(strings.NewReader("123"), ending{nil, cut}), "123", cut},
		{"CutAtOnce", 10, ending{nil, cut}, "", cut},
		{"TooLarge", 10, http.MaxBytesReader(nil, io.NopCloser(strings.NewReader("1234567890")), 4), "1234", &http.MaxBytesError{}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			r := httptest.NewRequest(http.MethodPost, "/", tt.body)
			r.ContentLength = tt.length
			closed := &closing{Reader: tt.body}
			r.Body = closed
			h := middleware.Concurrency(middleware.ConcurrencyOptions{Logger: quiet()})(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				got, err := io.ReadAll(r.Body)
				if string(got) != tt.want {
					t.Errorf("%d bytes, want %d", len(got), len(tt.want))
				}
				if large := (*http.MaxBytesError)(nil); !errors.Is(err, tt.err) && !(errors.As(tt.err, &large) && errors.As(err, &large)) {
					t.Errorf("%v, want %v", err, tt.err)
				}
				if err := r.Body.Close(); err != nil || !closed.closed {
					t.Errorf("Close = %v", err)
				}
				if n, err := r.Body.Read(make([]byte, 1)); n != 0 || err == nil {
					t.Errorf("after Close: %d, %v", n, err)
				}
			}))
			h.ServeHTTP(httptest.NewRecorder(), r)
		})
	}
}

// TestConcurrencyExpect: a client that asks whether its body is wanted is told so by the
// handler that reads it, and not where that refuses.
func TestConcurrencyExpect(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(middleware.Concurrency(middleware.ConcurrencyOptions{Logger: quiet()})(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/no" {
			w.WriteHeader(http.StatusForbidden)
			return
		}
		_, _ = io.Copy(w, r.Body)
	})))
	defer s.Close()
	transport := &http.Transport{ExpectContinueTimeout: 10 * time.Second}
	defer transport.CloseIdleConnections()
	for path, want := range map[string]struct {
		status int
		sent   bool
	}{"/no": {http.StatusForbidden, false}, "/yes": {http.StatusOK, true}} {
		sent := &noted{Reader: bytes.NewReader(make([]byte, 100))}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.URL+path, sent)
		if err != nil {
			t.Fatal(err)
		}
		r.ContentLength = 100
		r.Header.Set("Expect", "100-continue")
		res, err := transport.RoundTrip(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		if res.StatusCode != want.status || sent.read != want.sent {
			t.Errorf("%s: %d, sent %t", path, res.StatusCode, sent.read)
		}
	}
}

// slowly gives a byte at a time.
type slowly struct{ io.Reader }

func (s slowly) Read(p []byte) (int, error) { return s.Reader.Read(p[:min(len(p), 1)]) }

// ending gives bytes and an error at once.
type ending struct {
	last []byte
	err  error
}

func (e ending) Read(p []byte) (int, error) { return copy(p, e.last), e.err }

// closing notes that it was closed.
type closing struct {
	io.Reader

	closed bool
}

func (c *closing) Read(p []byte) (int, error) {
	if c.closed {
		return 0, http.ErrBodyReadAfterClose
	}
	return c.Reader.Read(p)
}

func (c *closing) Close() error {
	c.closed = true
	return nil
}

// noted notes that it was read.
type noted struct {
	io.Reader

	read bool
}

func (n *noted) Read(p []byte) (int, error) {
	n.read = true
	return n.Reader.Read(p)
}
