package plinth

import (
	"net/http"
	"runtime"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/middleware"
)

// placesForHash is how many requests that hash a password are in work for each hash that
// is computed at a time: one hashes, the others look at the database or wait for a turn,
// which then comes within a tenth of a second or two.
const placesForHash = 4

// waitForHash is how long a request that hashes a password waits for a place, at most:
// as long as those take that can be in line, so that who waits gets one in most cases.
const waitForHash = 250 * time.Millisecond

// places returns [middleware.Concurrency] around all requests, with places apart for
// those that hash a password. A hash takes forty times as long as a row, and the wait
// for a turn to hash much longer: in the places of all, logins leave none to others,
// whom the processors could serve beside them. Where hashes can take every thread of Go,
// and none are lent, nobody is served beside them, and more logins in work would only make
// that worse.
func (a *App) places(all middleware.ConcurrencyOptions) func(http.Handler) http.Handler {
	hashesAtATime := a.config.Accounts.Hashes.Slots()
	if a.threads == nil && runtime.GOMAXPROCS(0) <= hashesAtATime {
		return middleware.Concurrency(all)
	}
	hashing := all
	hashing.Limit = placesForHash * hashesAtATime
	hashing.Wait = waitForHash
	hashing.PerCaller = min(all.PerCaller, hashing.Limit) // half of those in work and in line
	return func(next http.Handler) http.Handler {
		hashes, others := middleware.Concurrency(hashing)(a.noteHash(next)), middleware.Concurrency(all)(next)
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if a.hashes(r) {
				hashes.ServeHTTP(w, r)
			} else {
				others.ServeHTTP(w, r)
			}
		})
	}
}

// noteHash lets threads be lent for hashes.
func (a *App) noteHash(next http.Handler) http.Handler {
	if a.threads == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.threads.Note()
		next.ServeHTTP(w, r)
	})
}

// hashes reports whether a request is a login with a password or a sign-up. What else
// hashes is rare, and made by people who are in already.
func (a *App) hashes(r *http.Request) bool {
	if a.config.DisableAccounts || r.Method != http.MethodPost {
		return false
	}
	path, ok := strings.CutPrefix(r.URL.Path, authPath+"/")
	if !ok {
		return false
	}
	switch strings.Trim(path, "/") { // as accounts read it
	case "signup":
		return true
	case "token":
		return r.URL.Query().Get("grant_type") == "password"
	}
	return false
}
