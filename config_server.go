package plinth

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/bounds"
	"github.com/seed-7694ebf6/plinth/middleware"
)

// checkServer reports invalid settings of the server.
func (c Config) checkServer() []error {
	errs := slices.Concat(c.TLS.check(), c.Rates.check(), c.checkChain())
	if !c.TLS.off() && c.PublicURL == "" {
		errs = append(errs, errors.New("plinth: TLS needs PublicURL (set PLINTH_PUBLIC_URL)"))
	}
	if err := middleware.CheckProxies(c.TrustedProxies); err != nil {
		errs = append(errs, fmt.Errorf("plinth: TrustedProxies (PLINTH_TRUSTED_PROXIES): %w", err))
	}
	if err := c.CORS.Validate(); err != nil {
		errs = append(errs, fmt.Errorf("plinth: CORS (PLINTH_CORS_ORIGINS): %w", err))
	}
	if c.OpsHandler != nil && c.OpsAddr == "" {
		errs = append(errs, errors.New("plinth: OpsHandler needs OpsAddr (set PLINTH_OPS_ADDR)"))
	}
	if min(c.MaxConnections, c.MaxConnectionsPerClient, c.MaxRequests, c.MaxRequestsPerCaller) < 0 || c.MaxBody < 0 || c.RequestTimeout < 0 {
		errs = append(errs, errors.New("plinth: MaxBody, MaxConnections, MaxConnectionsPerClient, MaxRequests, MaxRequestsPerCaller and RequestTimeout must not be negative (PLINTH_MAX_REQUESTS, PLINTH_REQUEST_TIMEOUT)"))
	}
	return errs
}

// checkChain reports settings with which the constructors of the chain would panic.
func (c Config) checkChain() (errs []error) {
	headers := c.Headers
	headers.HSTS = max(headers.HSTS, 0)
	for name, construct := range map[string]func(){
		"ForwardedHeader (PLINTH_FORWARDED_HEADER)": func() { middleware.ClientAddress(middleware.ClientAddressOptions{Header: c.ForwardedHeader}) },
		"Headers": func() { middleware.SecureHeaders(headers) },
		"Accounts.CookieOrigins and PublicURL": func() {
			middleware.CSRF(middleware.CSRFOptions{TrustedOrigins: resolved{Config: c}.trustedOrigins()})
		},
	} {
		if why := refusal(construct); why != nil {
			errs = append(errs, fmt.Errorf("plinth: %s: %v", name, why))
		}
	}
	return errs
}

// refusal returns what a constructor panics with, nil if it does not.
func refusal(construct func()) (why any) {
	defer func() { why = recover() }()
	construct()
	return nil
}

// serverDefaults sets the defaults of the server.
func (r *resolved) serverDefaults() {
	if r.DrainDelay == 0 && !r.development {
		r.DrainDelay = 5 * time.Second
	}
	r.DrainDelay = max(r.DrainDelay, 0)
	r.DrainTimeout = max(cmp.Or(r.DrainTimeout, 10*time.Second), 0)
	r.Rates = r.Rates.withDefaults(r.development)
	r.MaxRequests = cmp.Or(r.MaxRequests, bounds.Requests())
	r.MaxRequestsPerCaller = cmp.Or(r.MaxRequestsPerCaller, max(1, r.MaxRequests/2))
	if r.Headers.HSTS == 0 && !r.development {
		r.Headers.HSTS = 365 * 24 * time.Hour
	}
	r.Headers.HSTS = max(r.Headers.HSTS, 0)
	if r.Headers.HTTPS == nil && !r.development {
		// Outside development the public URL is https, also behind a proxy that terminates TLS.
		r.Headers.HTTPS = func(*http.Request) bool { return true }
	}
	r.MaxConnections = cmp.Or(r.MaxConnections, 10_000)
	r.MaxConnectionsPerClient = cmp.Or(r.MaxConnectionsPerClient, 1_000)
	if r.OpsHandler == nil {
		r.OpsHandler = http.NotFoundHandler()
	}
}
