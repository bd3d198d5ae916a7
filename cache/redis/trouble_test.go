package redis_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/cache"
	"github.com/seed-7694ebf6/plinth/cache/redis"
	"github.com/seed-7694ebf6/plinth/internal/programtest"
	"github.com/seed-7694ebf6/plinth/internal/redistest"
	"github.com/seed-7694ebf6/plinth/internal/toxic"
)

// want fails the test unless a key has a value, or none where it is "". Trouble is no
// answer: it is asked again until there is one.
func want(t *testing.T, c *redis.Cache[string, string], key, value string) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		got, ok, err := c.Get(t.Context(), key)
		if err == nil {
			if ok != (value != "") || got != value {
				t.Errorf("Get(%q): %q, %t; want %q", key, got, ok, value)
			}
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("Get(%q): %v", key, err)
		}
	}
}

// until asks until something is so, and fails the test where it is not in time.
func until(t *testing.T, within time.Duration, what string, so func() bool) {
	t.Helper()
	for deadline := time.Now().Add(within); !so(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not after %s: %s", within, what)
		}
	}
}

// gone waits until a cache says that it has nothing of a key, since what others forget
// comes by a message. Who never hears of it fails the test.
func gone(t *testing.T, c *redis.Cache[string, string], key string) {
	t.Helper()
	until(t, 20*time.Second, fmt.Sprintf("%q is gone", key), func() bool {
		_, ok, err := c.Get(t.Context(), key)
		return err == nil && !ok
	})
}

func set(t *testing.T, c *redis.Cache[string, string], key, value string, opts cache.SetOptions) {
	t.Helper()
	if err := c.Set(t.Context(), key, value, opts); err != nil {
		t.Fatal(err)
	}
}

var author = cache.SetOptions{Tags: []string{"author"}, TTL: time.Hour}

// TestOldDump: a server that starts with an old dump has nothing of what it knew then,
// neither for those who were there nor for those who come.
func TestOldDump(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	a := newCache(t, newClient(t, redis.ClientOptions{URL: server.URL(), Timeout: patient}), redis.Options[string, string]{})
	b := newCache(t, newClient(t, redis.ClientOptions{URL: server.URL(), Timeout: patient}), redis.Options[string, string]{Near: -1})
	set(t, a, "right", "admin", author)
	set(t, a, "other", "kept", cache.SetOptions{})
	want(t, b, "right", "admin")
	mark, err := a.Mark(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	server.Dump()
	if err := a.Purge(t.Context(), "author"); err != nil {
		t.Fatal(err)
	}
	gone(t, b, "right")
	server.Kill()
	server.Restart()
	if server.Do("DBSIZE") == ":0" {
		t.Fatal("the dump is empty: the test proves nothing")
	}
	want(t, a, "right", "")
	want(t, b, "right", "")
	want(t, b, "other", "")
	fresh := newCache(t, newClient(t, redis.ClientOptions{URL: server.URL(), Timeout: patient}), redis.Options[string, string]{})
	want(t, fresh, "right", "")
	// What was found out before is too late, though the dump does not know of the purge.
	_ = a.Set(t.Context(), "right", "admin", cache.SetOptions{Since: mark, Tags: author.Tags})
	want(t, a, "right", "")
	want(t, fresh, "right", "")
}

// TestFlush: when a server is flushed everybody drops what they have in memory, and what
// was found out before is not kept.
func TestFlush(t *testing.T) {
	t.Parallel()
	for _, flush := range [][]string{{"FLUSHALL"}, {"FLUSHDB"}} {
		server := redistest.Start(t)
		a := newCache(t, newClient(t, redis.ClientOptions{URL: server.URL(), Timeout: patient}), redis.Options[string, string]{})
		set(t, a, "right", "admin", author)
		want(t, a, "right", "admin") // in memory
		mark, err := a.Mark(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		server.Do(flush...)
		gone(t, a, "right")
		_ = a.Set(t.Context(), "right", "admin", cache.SetOptions{Since: mark, Tags: author.Tags})
		want(t, a, "right", "")
	}
}

// TestLostEpoch: a server that drops single keys for want of room brings nothing back.
func TestLostEpoch(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"root", "heap"} {
		server := redistest.Start(t)
		client := newClient(t, redis.ClientOptions{URL: server.URL(), Timeout: patient})
		a := newCache(t, client, redis.Options[string, string]{})
		b := newCache(t, newClient(t, redis.ClientOptions{URL: server.URL(), Timeout: patient}), redis.Options[string, string]{})
		set(t, a, "right", "admin", author)
		want(t, b, "right", "admin")
		mark, err := a.Mark(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		root, heap := redis.Keys(t.Context(), client)
		server.Do("DEL", map[string]string{"root": root, "heap": heap}[kind])
		time.Sleep(settle)
		until(t, 10*time.Second, "a purge", func() bool { return a.Purge(t.Context(), "author") == nil })
		want(t, a, "right", "")
		gone(t, b, "right")
		_ = a.Set(t.Context(), "right", "admin", cache.SetOptions{Since: mark, Tags: author.Tags})
		want(t, a, "right", "")
		want(t, b, "right", "")
	}
}

// TestPurgeThatFailed: an instance that could not tell Redis of a purge serves nothing
// until it has told, and then nobody does.
func TestPurgeThatFailed(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	proxy := toxic.Start(t, server.Addr())
	a := newCache(t, newClient(t, redis.ClientOptions{URL: "redis://" + proxy.Addr().String(), Timeout: 500 * time.Millisecond}), redis.Options[string, string]{})
	b := newCache(t, newClient(t, redis.ClientOptions{URL: server.URL(), Timeout: patient}), redis.Options[string, string]{})
	set(t, a, "right", "admin", author)
	set(t, a, "key", "old", cache.SetOptions{})
	want(t, a, "right", "admin")
	want(t, b, "right", "admin")
	want(t, b, "key", "old")
	proxy.Refuse(true)
	proxy.Cut()
	if err := a.Purge(t.Context(), "author"); err == nil {
		t.Fatal("a purge without a server")
	}
	if err := a.Delete(t.Context(), "key"); !errors.Is(err, redis.ErrUnavailable) {
		t.Fatalf("a delete without a server: %v", err)
	}
	if v, ok, _ := a.Get(t.Context(), "right"); ok {
		t.Errorf("%q is served by the one who purged it", v)
	}
	want(t, b, "right", "admin") // the bound: b cannot know
	proxy.Refuse(false)
	want(t, a, "right", "") // connects, and tells first
	want(t, a, "key", "")
	gone(t, b, "right")
	gone(t, b, "key")
}

// TestHalfOpen: whoever has lost the connection without knowing it serves for two seconds
// at most.
func TestHalfOpen(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	proxy := toxic.Start(t, server.Addr())
	a := newCache(t, newClient(t, redis.ClientOptions{URL: server.URL(), Timeout: patient}), redis.Options[string, string]{})
	b := newCache(t, newClient(t, redis.ClientOptions{URL: "redis://" + proxy.Addr().String(), Timeout: 500 * time.Millisecond}), redis.Options[string, string]{})
	set(t, a, "right", "admin", author)
	want(t, b, "right", "admin")
	proxy.Hold(true)
	if err := a.Purge(t.Context(), "author"); err != nil {
		t.Fatal(err)
	}
	purged := time.Now()
	for {
		_, ok, err := b.Get(t.Context(), "right")
		if !ok {
			if err == nil {
				t.Error("b says that there is nothing, which it cannot know")
			}
			break
		}
		if time.Since(purged) > programtest.Within(2*time.Second) {
			t.Fatal("served for longer than two seconds")
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Logf("served for %s after the purge", time.Since(purged).Round(time.Millisecond))
	proxy.Hold(false)
	want(t, b, "right", "")
}

// TestStripesOfProcesses: a stripe is the same in every process, and names are told apart.
func TestStripesOfProcesses(t *testing.T) {
	t.Parallel()
	seen := map[uint16]int{}
	for i := range 100_000 {
		seen[redis.StripeOf('t', "authors", fmt.Sprint("author:", i))]++
	}
	most := 0
	for _, n := range seen {
		most = max(most, n)
	}
	if len(seen) < 16_000 || most > 30 {
		t.Errorf("%d stripes, %d tags in one of them", len(seen), most)
	}
	if got := redis.StripeOf('k', "authors", "7"); got != 14139 {
		t.Errorf("the stripe of a key is %d, and was another one in processes that run already", got)
	}
}

// TestFailover: neither a server that takes over, nor the one that comes back as what it
// was, gives what was purged between; and a server that was demoted is left at once
// although it keeps its connections.
func TestFailover(t *testing.T) {
	t.Parallel()
	one, two := redistest.Start(t, "--repl-diskless-sync-delay", "0"), redistest.Start(t, "--repl-diskless-sync-delay", "0")
	host, port := "127.0.0.1", func(s *redistest.Server) string { return strings.TrimPrefix(s.Addr(), "127.0.0.1:") }
	follow := func(replica, master *redistest.Server) {
		t.Helper()
		replica.Do("REPLICAOF", host, port(master))
		until(t, 20*time.Second, "replication", func() bool { return strings.Contains(replica.Info("replication"), "master_link_status:up") })
	}
	follow(two, one)
	opts := redis.ClientOptions{URL: one.URL() + "?addr=" + two.Addr(), Timeout: patient}
	a := newCache(t, newClient(t, opts), redis.Options[string, string]{})
	reader := newCache(t, newClient(t, opts), redis.Options[string, string]{}) // only ever finds things in memory
	set(t, a, "right", "admin", author)
	want(t, reader, "right", "admin")

	switchTo := func(master, replica *redistest.Server) {
		t.Helper()
		master.Do("REPLICAOF", "NO", "ONE")
		follow(replica, master)
	}
	purge := func() {
		t.Helper()
		until(t, 20*time.Second, "a purge", func() bool { return a.Purge(t.Context(), "author") == nil })
		gone(t, reader, "right")
	}
	switchTo(two, one)
	purge()
	set(t, a, "right", "admin", author)
	want(t, reader, "right", "admin")
	// Back: the first one runs as before, and has what it had.
	switchTo(one, two)
	want(t, newCache(t, newClient(t, opts), redis.Options[string, string]{}), "right", "")
	purge()
}
