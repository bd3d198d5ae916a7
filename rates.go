package plinth

import (
	"cmp"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/middleware"
)

// Rate is a limit of requests in a time. Requests is also the burst, which refills evenly
// over Per. Negative Requests disable the limit.
type Rate struct {
	// Requests is the number of requests in Per, and the greatest burst.
	//
	// Defaults to that of the rate, see [Rates].
	Requests int

	// Per is the time in which the burst refills.
	//
	// Defaults to a minute.
	Per time.Duration
}

// Rates limit requests. A request over a limit gets 429 with Retry-After. The accounts
// limit guesses at secrets separately.
type Rates struct {
	// Address limits one IPv4 address or one IPv6 network of 64 bits, for all callers. It is
	// checked before credentials, which cost more.
	//
	// Defaults to 30,000 in a minute, in development to no limit.
	Address Rate

	// Caller limits one user, across IP addresses and API keys, or one IP address for
	// unauthenticated requests. Servers with a secret key have no such limit.
	//
	// Defaults to 6,000 in a minute, in development to no limit.
	Caller Rate

	// Limiter counts for all instances together, such as the one of package cache/redis.
	//
	// Defaults to one in memory: each instance counts for itself.
	Limiter middleware.Limiter
}

// withDefaults sets the defaults.
func (r Rates) withDefaults(development bool) Rates {
	for _, d := range []struct {
		rate     *Rate
		requests int
	}{{&r.Address, 30_000}, {&r.Caller, 6_000}} {
		if *d.rate == (Rate{}) && development {
			d.rate.Requests = -1
		}
		d.rate.Requests = cmp.Or(d.rate.Requests, d.requests)
		d.rate.Per = cmp.Or(d.rate.Per, time.Minute)
	}
	return r
}

func (r Rates) check() (errs []error) {
	r = r.withDefaults(false)
	for name, rate := range map[string]Rate{"Address": r.Address, "Caller": r.Caller} {
		if rate.Per < 0 || rate.Per > 24*time.Hour || rate.Per < time.Duration(rate.Requests) {
			errs = append(errs, fmt.Errorf("plinth: Rates.%s.Per (PLINTH_RATE_%s) is %s, want up to a day, and a nanosecond or more for each request",
				name, strings.ToUpper(name), rate.Per))
		}
	}
	return errs
}

// limit returns the middleware of a rate, nil without a limit.
func (r Rate) limit(name string, key func(*http.Request) string, a *App) []func(http.Handler) http.Handler {
	if r.Requests < 0 {
		return nil
	}
	return []func(http.Handler) http.Handler{middleware.RateLimit(middleware.RateLimitOptions{
		Name: name, Requests: r.Requests, Per: r.Per, Key: key,
		Limiter: a.config.Rates.Limiter, Logger: a.config.Logger, Refuse: a.refuse,
	})}
}

// byCaller is the key of Rates.Caller: the user, or the IP address of an unauthenticated
// request. Requests with a secret key are not counted.
func byCaller(r *http.Request) string {
	if auth.FromContext(r.Context()).Kind == auth.Service {
		return ""
	}
	return middleware.ByPrincipal(r)
}
