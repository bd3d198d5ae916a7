package api_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-7694ebf6/plinth/api"
	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/internal/reqinfo"
	"github.com/seed-7694ebf6/plinth/store"
	"github.com/seed-7694ebf6/plinth/store/migrate"
	"github.com/seed-7694ebf6/plinth/store/postgres"
	"github.com/seed-7694ebf6/plinth/store/sqlite"
	"github.com/seed-7694ebf6/plinth/store/storetest/pgtest"
)

// keyed is a request under a key of its own, which does something each time it is done.
func keyed(key string, q request) request {
	q.header = append([]string{"Idempotency-Key: " + key}, q.header...)
	return q
}

// entries are the ways to send a request with a key. Each is done as often as it is sent
// with %d as another number.
func entries() []request {
	represented := []string{"Prefer: return=representation"}
	return []request{
		{caller: "ann", line: "POST /labels", body: `{"id":"i%d","text":"x"}`},
		{caller: "ann", line: "POST /labels", body: `[{"id":"m%[1]d","text":"x"},{"id":"n%[1]d","text":"y"}]`, header: represented},
		{caller: "ann", line: "POST /labels", body: `{"id":"u%d","text":"x"}`, header: []string{"Prefer: resolution=merge-duplicates"}},
		{caller: "ann", line: "PUT /labels?id=eq.p%[1]d", body: `{"id":"p%[1]d","text":"x"}`},
		{caller: "ann", line: "PATCH /labels/hot", body: `{"text":"x%d"}`},
		{caller: "ann", line: "PATCH /labels?id=not.is.null&select=id,text", body: `{"text":"x%d"}`, header: represented},
		{caller: "ann", line: "DELETE /labels?id=neq.%d&text=eq.nothing"},
		{caller: "ann", line: "DELETE /project_labels?label_id=eq.none%d"},
		{caller: "ann", line: "POST /rpc/rename", body: `{"from":"nothing","to":"x%d"}`},
		{caller: "ann", line: "POST /-/batch", body: `[{"id":"a","method":"POST","path":"/labels","body":{"id":"b%d","text":"x"}}]`},
	}
}

// numbered fills in a number where an entry has room for it.
func numbered(q request, n int) request {
	fill := func(text string) string {
		if !strings.Contains(text, "%") {
			return text
		}
		return fmt.Sprintf(text, n)
	}
	q.line, q.body = fill(q.line), fill(q.body)
	return q
}

// receipts counts what is kept.
func receipts(t testing.TB, db *store.DB) (n int, bytes int64) {
	t.Helper()
	if err := db.Bun().QueryRowContext(t.Context(), "select count(*), coalesce(sum(length(answer)), 0) from plinth_idempotency").Scan(&n, &bytes); err != nil {
		t.Fatal(err)
	}
	return n, bytes
}

func forget(t testing.TB, db *store.DB) {
	t.Helper()
	if _, err := db.Bun().ExecContext(t.Context(), "delete from plinth_idempotency"); err != nil {
		t.Fatal(err)
	}
}

// TestKeptAnswersOfEntries: recorded answers of one kind of request use up the room of
// every other kind, by number and by bytes. A request beyond it does nothing, recorded
// answers are still replayed, and requests without a key are served.
func TestKeptAnswersOfEntries(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		byCount := fixtureServer(t, db, api.Config{KeptAnswersPerCaller: 1}, functions(db)...)
		byBytes := serve(t, db, api.Config{KeptBytesPerCaller: 1}, append(fixture(), functions(db)...)...)
		labels := func() string {
			return must(t, byCount, 200, request{caller: "ann", line: "GET /labels?order=id"}).body
		}
		n := 0
		for _, first := range entries() {
			for i, second := range entries() {
				h, want := byCount, "at most 1 are kept"
				if i%2 == 1 {
					h, want = byBytes, "at most 1 bytes are kept"
				}
				n += 2
				first, second := numbered(first, n), numbered(second, n+1)
				forget(t, db)
				done := do(t, h, keyed("k1", first))
				if done.status/100 != 2 {
					t.Fatalf("%s: %d %s", first.line, done.status, done.body)
				}
				before := labels()
				res := do(t, h, keyed("k2", second))
				wait, _ := strconv.Atoi(res.header.Get("Retry-After"))
				if res.status != 429 || !strings.Contains(res.body, `"code":"PL429"`) || !strings.Contains(res.body, want) ||
					!strings.Contains(res.body, `"hint":"Nothing was done.`) || wait < 86_000 || wait > 86_400 {
					t.Errorf("%s, then %s: %d %v %s", first.line, second.line, res.status, res.header, res.body)
				}
				if kept, _ := receipts(t, db); kept != 1 || labels() != before {
					t.Errorf("%s, then %s: %d kept, something was done: %t", first.line, second.line, kept, labels() != before)
				}
				again := do(t, h, keyed("k1", first))
				if again.status != done.status || again.body != done.body || again.header.Get("Idempotent-Replayed") != "true" {
					t.Errorf("%s again: %d %v %s", first.line, again.status, again.header, again.body)
				}
				if res := do(t, h, second); res.status/100 != 2 {
					t.Errorf("%s without a key: %d %s", second.line, res.status, res.body)
				}
			}
		}
	})
}

// TestKeptAnswersOfCallers: a caller with several names has room once.
func TestKeptAnswersOfCallers(t *testing.T) {
	t.Parallel()
	const ann, bob = "0190a0b2-0000-7000-8000-000000000001", "0190a0b2-0000-7000-8000-000000000002"
	user := func(change func(*auth.Principal)) auth.Principal {
		p := auth.Principal{Kind: auth.User, ID: ann, Tenant: "acme", Issuer: "https://a.example", Subject: ann, Session: "s1"}
		change(&p)
		return p
	}
	guest := func(id string) auth.Principal {
		return auth.Principal{Kind: auth.User, ID: id, IsAnonymous: true, Session: "s" + id}
	}
	key := func(id, owner string) auth.Principal {
		return auth.Principal{Kind: auth.User, ID: "api-key:" + id, IsAnonymous: true, CountedAs: owner}
	}
	type from struct {
		p       auth.Principal
		address string
	}
	const home, elsewhere = "192.0.2.1", "192.0.2.2"
	tests := []struct {
		name   string
		first  from
		second from
		room   bool
	}{
		{"the same", from{user(func(*auth.Principal) {}), home}, from{user(func(*auth.Principal) {}), elsewhere}, false},
		{"another session", from{user(func(*auth.Principal) {}), home}, from{user(func(p *auth.Principal) { p.Session = "s2" }), home}, false},
		{"another tenant", from{user(func(*auth.Principal) {}), home}, from{user(func(p *auth.Principal) { p.Tenant = "other" }), home}, false},
		{"no tenant", from{user(func(*auth.Principal) {}), home}, from{user(func(p *auth.Principal) { p.Tenant = "" }), home}, false},
		{"an API key that acts as them", from{user(func(*auth.Principal) {}), home}, from{user(func(p *auth.Principal) { p.Issuer, p.Subject, p.CountedAs = "", "", ann }), home}, false},
		{"an API key of theirs that is nobody", from{user(func(*auth.Principal) {}), home}, from{key("1", ann), home}, false},
		{"two API keys of theirs", from{key("1", ann), home}, from{key("2", ann), elsewhere}, false},
		{"an API key of others", from{key("1", ann), home}, from{key("2", bob), home}, true},
		{"API keys of the application", from{key("1", "api-key:1"), home}, from{key("2", "api-key:2"), home}, true},
		{"another user", from{user(func(*auth.Principal) {}), home}, from{user(func(p *auth.Principal) { p.ID, p.Subject = bob, bob }), home}, true},
		{"a guest again", from{guest("1"), home}, from{guest("1"), home}, false},
		{"guests of one address", from{guest("1"), home}, from{guest("2"), home}, false},
		{"guests of one network", from{guest("1"), "2001:db8::1"}, from{guest("2"), "2001:db8::2"}, false},
		{"guests of two addresses", from{guest("1"), home}, from{guest("2"), elsewhere}, true},
		{"a user beside guests", from{guest("1"), home}, from{user(func(*auth.Principal) {}), home}, true},
		{"nameless of one issuer", from{auth.Principal{Kind: auth.User, Issuer: "a", Subject: "1"}, home}, from{auth.Principal{Kind: auth.User, Issuer: "a", Subject: "1", Session: "2"}, home}, false},
		{"nameless of two issuers", from{auth.Principal{Kind: auth.User, Issuer: "a", Subject: "1"}, home}, from{auth.Principal{Kind: auth.User, Issuer: "b", Subject: "1"}, home}, true},
		{"a program of the application", from{auth.Principal{Kind: auth.Service, ID: "key-1"}, home}, from{auth.Principal{Kind: auth.Service, ID: "key-1"}, home}, true},
	}
	engines(t, func(t *testing.T, db *store.DB) {
		var now from
		who := auth.AuthenticatorFunc(func(*http.Request) (auth.Principal, error) { return now.p, nil })
		free := api.TxFunc("free", api.Anyone(), func(context.Context, *store.Tx, none) (int, error) { return 1, nil })
		inner := serve(t, db, api.Config{Authenticator: who, KeptAnswersPerCaller: 1}, free)
		h := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			r.RemoteAddr = "198.51.100.1:1" // a proxy
			r, record := reqinfo.Begin(r)
			record.SetClientAddress(netip.MustParseAddr(now.address))
			inner.ServeHTTP(w, r)
		})
		for _, tt := range tests {
			forget(t, db)
			for i, f := range []from{tt.first, tt.second} {
				now = f
				want := 200
				if i == 1 && !tt.room {
					want = 429
				}
				res := do(t, h, keyed(fmt.Sprint("k", i), request{line: "POST /rpc/free", body: "{}"}))
				if res.status != want {
					t.Errorf("%s: %d %s, want %d", tt.name, res.status, res.body, want)
				}
			}
		}
	})
}

// TestA47Receipts: of 10,000 requests with different keys by one caller, several at
// a time, the number of recorded answers stays bounded, all others are refused, and other
// callers are served.
func TestA47Receipts(t *testing.T) {
	t.Parallel()
	const room, atOnce, requests = 100, 8, 10_000
	engines(t, func(t *testing.T, db *store.DB) {
		h := fixtureServer(t, db, api.Config{KeptAnswersPerCaller: room}, functions(db)...)
		list := entries()
		var next, done, refused atomic.Int64
		var wg sync.WaitGroup
		for range atOnce {
			wg.Go(func() {
				for n := next.Add(1); n <= requests; n = next.Add(1) {
					q := numbered(list[rand.IntN(len(list))], int(n))
					switch res := do(t, h, keyed(fmt.Sprint("k", n), q)); {
					case res.status/100 == 2:
						done.Add(1)
					case res.status == 429 && strings.Contains(res.body, `"code":"PL429"`):
						refused.Add(1)
					case res.status == 409: // lost against another at the same time: it is not kept
					default:
						t.Errorf("%s: %d %s", q.line, res.status, res.body)
					}
				}
			})
		}
		wg.Wait()
		kept, _ := receipts(t, db)
		t.Logf("%d done, %d refused, %d kept", done.Load(), refused.Load(), kept)
		if kept < room || kept > room+atOnce-1 || int64(kept) != done.Load() || refused.Load() < requests/2 {
			t.Errorf("%d kept of %d, %d refused: want %d to %d", kept, done.Load(), refused.Load(), room, room+atOnce-1)
		}
		must(t, h, 204, keyed("k1", request{caller: "service", line: "PATCH /teams?name=eq.none", body: `{"name":"x"}`}))
		other := request{caller: "bob", line: "POST /rpc/rename", body: `{"from":"nothing","to":"x"}`}
		must(t, h, 200, keyed("k1", other))
	})
}

// TestKeptBytes: recorded answers count by their stored size, also those that replace
// expired ones, and the last may exceed the limit.
func TestKeptBytes(t *testing.T) {
	t.Parallel()
	enginesAt(t, func(t *testing.T, db *store.DB, at *atomic.Int64) {
		const most = 4000
		h := fixtureServer(t, db, api.Config{KeptBytesPerCaller: most})
		update := request{
			caller: "ann", line: "PATCH /labels?id=not.is.null&select=id,text", body: `{"text":"` + strings.Repeat("x", 400) + `"}`,
			header: []string{"Prefer: return=representation"},
		}
		fill := func() (n int) {
			t.Helper()
			for {
				res := do(t, h, keyed(fmt.Sprint("k", n), update))
				if res.status == 429 || n > 10 {
					return n
				}
				if res.status != 200 {
					t.Fatalf("%d %s", res.status, res.body)
				}
				n++
			}
		}
		first := fill()
		if n, bytes := receipts(t, db); n != first || bytes < most || bytes >= most*int64(n)/int64(n-1) {
			t.Errorf("%d kept of %d, %d bytes", n, first, bytes)
		}
		at.Add(int64(24 * time.Hour))
		if n := fill(); n != first { // over the old rows
			t.Errorf("a day later %d answers are kept, before %d", n, first)
		}
	})
}

// TestKeptAnswersExpire: after Retry-After there is room again, also before the rows have
// been deleted.
func TestKeptAnswersExpire(t *testing.T) {
	t.Parallel()
	enginesAt(t, func(t *testing.T, db *store.DB, at *atomic.Int64) {
		h := fixtureServer(t, db, api.Config{KeptAnswersPerCaller: 2})
		send := func(key, wait string) {
			t.Helper()
			res := do(t, h, keyed(key, request{caller: "ann", line: "PATCH /labels/hot", body: `{"text":"x"}`}))
			if (res.status == 429) != (wait != "") || res.header.Get("Retry-After") != wait {
				t.Errorf("%s: %d, Retry-After %q, want %q: %s", key, res.status, res.header.Get("Retry-After"), wait, res.body)
			}
		}
		send("a", "")
		at.Add(int64(time.Hour))
		send("b", "")
		send("c", "82800")
		at.Add(int64(23*time.Hour - time.Millisecond))
		send("c", "1")
		send("a", "") // is kept
		at.Add(int64(time.Millisecond))
		send("c", "")
		send("d", "3600")
	})
}

// TestKeptAnswersOfBefore: a database of an earlier version works after its migration, and
// its recorded answers are replayed.
func TestKeptAnswersOfBefore(t *testing.T) {
	t.Parallel()
	engines(t, func(t *testing.T, db *store.DB) {
		h := fixtureServer(t, db, api.Config{KeptAnswersPerCaller: 1})
		q := keyed("k1", request{caller: "ann", line: "PATCH /labels/hot", body: `{"text":"x"}`})
		must(t, h, 204, q)
		for _, statement := range []string{
			"drop index plinth_idempotency_caller_idx", "alter table plinth_idempotency drop column size", "alter table plinth_idempotency drop column caller",
			"alter table plinth_changes drop column size", "drop index plinth_changes_history_idx", "alter table plinth_changes drop column request", "alter table plinth_changes drop column address", "drop table if exists plinth_presence", "drop table if exists plinth_instances", "drop table if exists plinth_broadcasts", "drop table plinth_jobs", "drop table plinth_queues", "drop table plinth_schedules", "delete from plinth_migrations where line = 'plinth' and version > 2",
		} {
			if _, err := db.Bun().ExecContext(t.Context(), statement); err != nil {
				t.Fatal(err)
			}
		}
		if n, _ := receipts(t, db); n != 1 {
			t.Fatalf("%d receipts are left", n)
		}
		if _, err := migrate.Auto(t.Context(), db); err != nil {
			t.Fatal(err)
		}
		if res := must(t, h, 204, q); res.header.Get("Idempotent-Replayed") != "true" {
			t.Errorf("the answer of before is not given again: %v", res.header)
		}
		must(t, h, 204, keyed("k2", request{caller: "ann", line: "PATCH /labels/hot", body: `{"text":"y"}`})) // the old one counts for nobody
		must(t, h, 429, keyed("k3", request{caller: "ann", line: "PATCH /labels/hot", body: `{"text":"z"}`}))
		must(t, h, 204, q)
	})
}

// TestKeptAnswersConfig rejects invalid numbers.
func TestKeptAnswersConfig(t *testing.T) {
	t.Parallel()
	for _, cfg := range []api.Config{{KeptAnswersPerCaller: -1}, {KeptBytesPerCaller: -1}} {
		if _, err := api.New(memory(t), cfg); err == nil || !strings.Contains(err.Error(), "KeptAnswersPerCaller") {
			t.Errorf("%+v: %v", cfg, err)
		}
	}
}

// enginesAt is engines with a clock that stands still unless it is moved.
func enginesAt(t *testing.T, test func(t *testing.T, db *store.DB, at *atomic.Int64)) {
	t.Helper()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			var at atomic.Int64
			at.Store(time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC).UnixNano())
			options := store.Options{Validator: lengths{}, Now: func() time.Time { return time.Unix(0, at.Load()) }}
			var db *store.DB
			var err error
			if engine == "sqlite" {
				db, err = sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "test.db"), &sqlite.Options{Store: options})
			} else {
				db, err = postgres.Open(t.Context(), pgtest.URL(t), &postgres.Options{Store: options})
			}
			test(t, opened(t, db, err), &at)
		})
	}
}
