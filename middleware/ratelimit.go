package middleware

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/logging"
	"github.com/seed-7694ebf6/plinth/internal/problem"
	"github.com/seed-7694ebf6/plinth/internal/reqinfo"
)

// RateLimitOptions tunes [RateLimit]. The zero value allows an address 600 requests in
// a minute.
type RateLimitOptions struct {
	// Name names the policy to clients, and its counts in a Limiter that several
	// policies share: visible ASCII characters but for quotes and backslashes, at
	// most 64.
	//
	// Defaults to "default".
	Name string

	// Requests is how many requests a key may make at once. They come back evenly,
	// all of them within Per.
	//
	// Defaults to 600.
	Requests int

	// Per is the time in which all Requests come back: at least a nanosecond for
	// each, at most 366 days.
	//
	// Defaults to a minute.
	Per time.Duration

	// Key returns the key by which a request is counted, see [ByAddress], [ByPrincipal] and
	// [ByRoute]. A request with the key "" is not limited. A key of more than 128 bytes is
	// counted by its hash.
	//
	// Defaults to ByAddress.
	Key func(r *http.Request) string

	// Limiter counts. One that fails is replaced by one in memory for that request,
	// so that a limit holds at least for each instance.
	//
	// Defaults to a [NewLimiter] of its own.
	Limiter Limiter

	// Logger receives the errors of Limiter, at most one in a second.
	//
	// Defaults to slog.Default().
	Logger *slog.Logger

	// Refuse answers a request that is one too many. The error has the code PL429
	// and says how long to wait. On the surface of the accounts the same error is
	// over_request_rate_limit.
	//
	// Defaults to the REST API's own answers.
	Refuse func(w http.ResponseWriter, r *http.Request, err error)
}

// Validate returns an error if a number is out of its range or the name is invalid.
func (o RateLimitOptions) Validate() error {
	requests, per, name := cmp.Or(o.Requests, 600), cmp.Or(o.Per, time.Minute), cmp.Or(o.Name, "default")
	if requests < 1 || per < time.Duration(requests) || per > maxPer {
		return errors.New("middleware: RateLimit needs a number of requests above zero and a time that is long enough for them, of 366 days at most")
	}
	if !isPolicyName(name) {
		return fmt.Errorf("middleware: RateLimit: %q is not a valid policy name", name)
	}
	return nil
}

// RateLimit returns middleware that limits the requests of each key. A request over the
// limit gets 429 (RFC 6585 section 4) with Retry-After.
//
// Every response, allowed or not, has the policy and the remaining requests:
//
//	RateLimit-Policy: "default";q=600;w=60
//	RateLimit: "default";r=599;t=1
//
// The fields are those of draft-ietf-httpapi-ratelimit-headers-11: q is Requests, w is Per
// in seconds, r the remaining requests, and t the seconds until there is one more. Several
// limits around one handler each add a member to these lists.
func RateLimit(opts RateLimitOptions) (func(http.Handler) http.Handler, error) {
	if err := opts.Validate(); err != nil {
		return nil, err
	}
	l, err := newRateLimit(opts)
	if err != nil {
		return nil, err
	}
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			key := l.key(r)
			if key == "" {
				next.ServeHTTP(w, r)
				return
			}
			remaining, wait := l.take(r.Context(), key)
			h, record := w.Header(), reqinfo.From(r.Context())
			policies, left := h["Ratelimit-Policy"], h["Ratelimit"]
			if policies == nil && left == nil { // limits are often two, of addresses and of callers
				policies, left = record.Values(2)[:0], record.Values(2)[:0]
			}
			h["Ratelimit-Policy"] = append(policies, l.policy)
			h["Ratelimit"] = append(left, l.left(remaining, wait))
			if wait > 0 {
				l.refuse(w, r, &problem.Error{Code: problem.TooManyRequests, RetryAfter: wait})
				return
			}
			next.ServeHTTP(w, r)
		})
	}, nil
}

// rateLimit is a policy.
type rateLimit struct {
	name    string
	policy  string // the member of RateLimit-Policy
	every   time.Duration
	burst   int
	key     func(*http.Request) string
	limiter Limiter        // nil if the memory counts
	memory  *MemoryLimiter // counts also where the limiter fails
	failing logging.Sampled
	logger  *slog.Logger
	refuse  func(http.ResponseWriter, *http.Request, error)
}

func newRateLimit(opts RateLimitOptions) (*rateLimit, error) {
	l := &rateLimit{
		name: cmp.Or(opts.Name, "default"), burst: cmp.Or(opts.Requests, 600),
		key: opts.Key, logger: cmp.Or(opts.Logger, slog.Default()), refuse: refuseOr(opts.Refuse),
	}
	per := cmp.Or(opts.Per, time.Minute)
	l.every = per / time.Duration(l.burst)
	l.policy = `"` + l.name + `";q=` + strconv.Itoa(l.burst) + ";w=" + strconv.FormatInt(problem.Seconds(per), 10)
	if l.key == nil {
		l.key = ByAddress
	}
	if memory, ok := opts.Limiter.(*MemoryLimiter); ok {
		l.memory = memory
	} else {
		memory, err := NewLimiter(LimiterOptions{})
		if err != nil {
			return nil, err
		}
		l.limiter, l.memory = opts.Limiter, memory
	}
	return l, nil
}

const maxPer = 366 * 24 * time.Hour

// isPolicyName reports whether a name is a String of structured fields (RFC 9651
// section 3.3.3) that needs no escapes.
func isPolicyName(name string) bool {
	for i := range len(name) {
		if c := name[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			return false
		}
	}
	return len(name) <= maxName
}

// take takes one request of a key.
func (l *rateLimit) take(ctx context.Context, key string) (remaining int, wait time.Duration) {
	if len(key) > maxKey {
		hash := sha256.Sum256([]byte(key))
		key = hex.EncodeToString(hash[:])
	}
	var room [maxName + 1 + maxKey]byte
	named := append(append(append(room[:0], l.name...), ':'), key...)
	if l.limiter != nil {
		remaining, wait, err := l.limiter.Take(ctx, string(named), l.every, l.burst)
		if err == nil {
			return min(max(remaining, 0), l.burst), min(max(wait, 0), l.every*time.Duration(l.burst))
		}
		if ctx.Err() == nil && l.failing.Due(time.Second) {
			l.logger.LogAttrs(ctx, slog.LevelError, "rate limiter failed, each instance counts for itself",
				slog.String("policy", l.name), slog.Any("error", err))
		}
	}
	remaining, wait, _ = l.memory.take(l.memory.digestOf(named), l.every, l.burst)
	return remaining, wait
}

// The longest key, and name of a policy.
const (
	maxKey  = 128
	maxName = 64
)

// left is the member of RateLimit. While nothing is left its t is no sooner than
// Retry-After, which section 6 of the draft asks for.
func (l *rateLimit) left(remaining int, wait time.Duration) string {
	var room [128]byte
	b := append(room[:0], '"')
	b = append(b, l.name...)
	b = append(b, `";r=`...)
	b = strconv.AppendInt(b, int64(remaining), 10)
	b = append(b, ";t="...)
	b = strconv.AppendInt(b, problem.Seconds(cmp.Or(wait, l.every)), 10)
	return string(b)
}
