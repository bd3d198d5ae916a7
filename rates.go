package plinth

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/seed-7694ebf6/plinth/auth"
	"github.com/seed-7694ebf6/plinth/middleware"
)

// Rate is how many requests somebody may make at once; they come back evenly within a
// time. Requests of less than zero are without a limit.
type Rate struct {
	// Requests is how many.
	//
	// Defaults to that of the rate, see [Rates].
	Requests int

	// Per is within which time they come back.
	//
	// Defaults to a minute.
	Per time.Duration
}

// Rates bound how many requests are made. Who makes more is answered 429 and told when
// to come again. Guesses at secrets are counted apart, by the accounts.
type Rates struct {
	// Address is for one address, of IPv6 for one network of 64 bits, whoever calls
	// from there: it is asked before credentials are looked at, which costs more.
	//
	// Defaults to 30,000 in a minute, in development to no limit.
	Address Rate

	// Caller is for one user, wherever from and by whichever of their API keys, or for one
	// address where nobody is known.
	// Servers with a secret key have no such limit.
	//
	// Defaults to 6,000 in a minute, in development to no limit.
	Caller Rate

	// Limiter counts for all instances together, as that of package cache/redis.
	//
	// Defaults to one in memory: each instance counts for itself.
	Limiter middleware.Limiter
}

// withDefaults fills in what was left out.
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

// readRate reads a rate such as 600/1m, or off.
func (c *Config) readRate(name string) Rate {
	text := c.getenv(name)
	switch text {
	case "":
		return Rate{}
	case "off":
		return Rate{Requests: -1}
	}
	rate, err := parseRate(text)
	if err != nil {
		c.invalid = append(c.invalid, fmt.Errorf("plinth: %s is %q, want a number of requests and a time, as 600/1m, or off", name, text))
	}
	return rate
}

func parseRate(text string) (Rate, error) {
	number, per, _ := strings.Cut(text, "/")
	requests, err := strconv.Atoi(number)
	if err != nil || requests < 1 {
		return Rate{}, errors.New("no number of requests")
	}
	d, err := time.ParseDuration(per)
	if err != nil || d <= 0 {
		return Rate{}, errors.New("no time")
	}
	return Rate{Requests: requests, Per: d}, nil
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

// byCaller counts users, and where nobody is known addresses. Servers that work for the
// application are not counted.
func byCaller(r *http.Request) string {
	if auth.FromContext(r.Context()).Kind == auth.Service {
		return ""
	}
	return middleware.ByPrincipal(r)
}
