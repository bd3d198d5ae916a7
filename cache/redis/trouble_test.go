package redis_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/cache"
	"github.com/seed-7694ebf6/plinth/cache/redis"
	"github.com/seed-7694ebf6/plinth/internal/testkit/programtest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/redistest"
	"github.com/seed-7694ebf6/plinth/internal/testkit/toxic"
)

// want fails the test unless a key has a value, or none if it is "". It repeats Get until
// there is no error.
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

// gone waits until a cache has no value for a key.
func gone(t *testing.T, c *redis.Cache[string, string], key string) {
	t.Helper()
	programtest.Until(t, 20*time.Second, fmt.Sprintf("%q is gone", key), func() bool {
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

// TestFlush: after a flush no process serves values from its memory.
func TestFlush(t *testing.T) {
	t.Parallel()
	for _, flush := range []string{"FLUSHALL", "FLUSHDB"} {
		server := redistest.Start(t)
		a := newCache(t, newClient(t, redis.ClientOptions{URL: server.URL(), Timeout: patient}), redis.Options[string, string]{})
		set(t, a, "right", "admin", author)
		want(t, a, "right", "admin") // in memory
		server.Do(flush)
		gone(t, a, "right")
	}
}

// TestLostTag: if Redis evicts the version of a tag, neither the values from before a purge
// nor those of a load from before it return.
func TestLostTag(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	a := newCache(t, newClient(t, redis.ClientOptions{URL: server.URL(), Timeout: patient}), redis.Options[string, string]{})
	b := newCache(t, newClient(t, redis.ClientOptions{URL: server.URL(), Timeout: patient}), redis.Options[string, string]{})
	set(t, a, "right", "admin", author)
	want(t, b, "right", "admin")
	if err := a.Purge(t.Context(), "author"); err != nil {
		t.Fatal(err)
	}
	server.Do("DEL", "plinth:t:test:author")
	want(t, a, "right", "")
	gone(t, b, "right")
	set(t, a, "other", "value", author) // gives the tag a new version
	want(t, a, "other", "value")
	want(t, a, "right", "")
	gone(t, b, "right")
}

// TestForeignRecord: a key of Redis that this package has not written is a missing value,
// which Set replaces.
func TestForeignRecord(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	c := newCache(t, newClient(t, redis.ClientOptions{URL: server.URL(), Timeout: patient}), redis.Options[string, string]{})
	server.Do("SET", "plinth:v:test:key", "garbage")
	want(t, c, "key", "")
	set(t, c, "key", "value", cache.SetOptions{})
	want(t, c, "key", "value")
}

// TestPurgeThatFailed: a purge or delete that does not reach Redis is an error. A purge
// that is repeated until it succeeds reaches all processes.
func TestPurgeThatFailed(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	proxy := toxic.Start(t, server.Addr())
	a := newCache(t, newClient(t, redis.ClientOptions{URL: "redis://" + proxy.Addr().String(), Timeout: 500 * time.Millisecond}), redis.Options[string, string]{})
	b := newCache(t, newClient(t, redis.ClientOptions{URL: server.URL(), Timeout: patient}), redis.Options[string, string]{})
	set(t, a, "right", "admin", author)
	want(t, a, "right", "admin")
	want(t, b, "right", "admin")
	proxy.Refuse(true)
	if proxy.Cut() == 0 {
		t.Fatal("there is no connection to cut")
	}
	if err := a.Purge(t.Context(), "author"); err == nil {
		t.Fatal("a purge without a server")
	}
	if err := a.Delete(t.Context(), "key"); !errors.Is(err, redis.ErrUnavailable) {
		t.Fatalf("a delete without a server: %v", err)
	}
	if v, ok, err := a.Get(t.Context(), "right"); ok || err == nil {
		t.Errorf("without a server: %q, %v", v, err)
	}
	want(t, b, "right", "admin")
	proxy.Refuse(false)
	programtest.Until(t, 20*time.Second, "a purge", func() bool { return a.Purge(t.Context(), "author") == nil })
	want(t, a, "right", "")
	gone(t, b, "right")
}

// TestHalfOpen: a process that loses its connection without notice serves from its memory
// for at most two seconds.
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
				t.Error("b reports a missing value without a connection")
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

// TestFailover: after a replica was promoted, and the server at the client's address
// has become its replica, writes fail until Sentinel names the new master. Values and
// purges go there then.
func TestFailover(t *testing.T) {
	t.Parallel()
	one, two := redistest.Start(t, "--repl-diskless-sync-delay", "0"), redistest.Start(t, "--repl-diskless-sync-delay", "0")
	programtest.Until(t, 20*time.Second, "replication", func() bool {
		two.Do("REPLICAOF", "127.0.0.1", port(one))
		time.Sleep(200 * time.Millisecond)
		return strings.Contains(two.Info("replication"), "master_link_status:up")
	})
	sentinel := redistest.StartSentinel(t, "cache", one.Addr())
	opts := redis.ClientOptions{URL: sentinel.URL() + "?master_set=cache", Timeout: patient}
	a := newCache(t, newClient(t, opts), redis.Options[string, string]{})
	b := newCache(t, newClient(t, opts), redis.Options[string, string]{})
	set(t, a, "right", "admin", author)
	want(t, b, "right", "admin")
	programtest.Until(t, 30*time.Second, "failover", func() bool {
		_, _ = sentinel.Ask("SENTINEL FAILOVER cache")
		time.Sleep(200 * time.Millisecond)
		return strings.Contains(two.Info("replication"), "role:master")
	})
	programtest.Until(t, 30*time.Second, "a purge at the new master", func() bool { return a.Purge(t.Context(), "author") == nil })
	gone(t, b, "right")
	set(t, a, "right", "editor", author)
	programtest.Until(t, 20*time.Second, "the new value", func() bool {
		v, ok, err := b.Get(t.Context(), "right")
		return ok && err == nil && v == "editor"
	})
}

func port(s *redistest.Server) string { return strings.TrimPrefix(s.Addr(), "127.0.0.1:") }
