package jwt

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"time"

	"github.com/seed-7694ebf6/plinth/internal/outbound"
)

// RemoteConfig configures a [Remote]. The zero value is usable.
type RemoteConfig struct {
	// InsecureLoopback also allows http URLs and loopback addresses, on any port, for
	// development and tests. Without it only public https addresses are used.
	InsecureLoopback bool

	// MaxAge is how long keys are used before they are asked for again, which
	// happens beside the requests that use them.
	//
	// Defaults to an hour.
	MaxAge time.Duration

	// MaxStale is how much longer they are used where the issuer does not answer.
	//
	// Defaults to 24 hours.
	MaxStale time.Duration

	// Now returns the current time. Change it in tests.
	//
	// Defaults to [time.Now].
	Now func() time.Time
}

// Validate returns an error if MaxAge or MaxStale is negative.
func (c RemoteConfig) Validate() error {
	if c.MaxAge < 0 || c.MaxStale < 0 {
		return errors.New("auth/jwt: MaxAge and MaxStale must not be negative")
	}
	return nil
}

const (
	// cooldown is the least time between two requests to the issuer, for any number of tokens
	// with unknown keys and after any answer.
	cooldown = 30 * time.Second

	// unknownFor is how long an id the issuer did not know gives no reason to ask
	// again, and maxUnknown how many such ids are remembered.
	unknownFor = 5 * time.Minute
	maxUnknown = 1000
)

// Remote is the keys an issuer publishes as a JWK Set (RFC 7517) at a URL, its
// jwks_uri. They are fetched when the first token needs them, and again when they
// are old or a token names one that is not there. It implements [KeySource].
type Remote struct {
	url    string
	cfg    RemoteConfig
	client *outbound.Client

	mu      sync.Mutex
	keys    keyring
	fetched time.Time            // when keys were
	tried   time.Time            // when they were last asked for
	err     error                // of that
	unknown map[string]time.Time // ids and until when
	flight  chan struct{}        // closed when the request under way has ended
}

// NewRemote returns the keys at a URL. It does not ask for them yet.
func NewRemote(url string, cfg RemoteConfig) (*Remote, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg.MaxAge = cmp.Or(cfg.MaxAge, time.Hour)
	cfg.MaxStale = cmp.Or(cfg.MaxStale, 24*time.Hour)
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	opts := outbound.Config{MaxBody: maxSetSize}
	if cfg.InsecureLoopback {
		opts.HTTP = true
		opts.Allow = func(to netip.AddrPort) bool { return to.Addr().IsLoopback() }
	}
	r := &Remote{url: url, cfg: cfg, client: outbound.New(opts), unknown: make(map[string]time.Time)}
	if _, err := r.client.Check(url); err != nil {
		return nil, fmt.Errorf("auth/jwt: keys: %w", err)
	}
	return r, nil
}

// Key implements [KeySource]. It waits for the issuer only without a usable key, and until ctx
// ends.
func (r *Remote) Key(ctx context.Context, id string) (key Key, found bool, err error) {
	r.mu.Lock()
	key, found, err = r.known(id)
	if found || err == nil && !r.worthAsking(id) {
		r.mu.Unlock()
		return key, found, nil
	}
	flight := r.ask()
	r.mu.Unlock()
	if flight != nil {
		select {
		case <-flight:
		case <-ctx.Done():
			return Key{}, false, ctx.Err()
		}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if key, found, err = r.known(id); !found && err == nil {
		err = r.err // the issuer did not answer, so the key may exist
	}
	if !found && err == nil {
		r.remember(id)
	}
	return key, found, err
}

// known looks an id up among the keys there are. Old ones are asked for again
// beside it, too old ones are none.
func (r *Remote) known(id string) (key Key, found bool, err error) {
	age := r.cfg.Now().Sub(r.fetched)
	switch {
	case r.keys == nil, age >= r.cfg.MaxAge+r.cfg.MaxStale:
		return Key{}, false, cmp.Or(r.err, errNoKeys)
	case age >= r.cfg.MaxAge:
		r.ask()
	}
	return r.keys.Key(context.Background(), id)
}

var errNoKeys = errors.New("the issuer has not answered")

// worthAsking reports whether the issuer may know an id that is not among its keys.
func (r *Remote) worthAsking(id string) bool {
	return !r.cfg.Now().Before(r.unknown[id]) && (r.flight != nil || r.rested() || r.err != nil)
}

// rested reports whether the last request is long enough ago for another one.
func (r *Remote) rested() bool { return r.cfg.Now().Sub(r.tried) >= cooldown }

// remember notes that the issuer does not know an id.
func (r *Remote) remember(id string) {
	now := r.cfg.Now()
	if len(r.unknown) >= maxUnknown {
		for other, until := range r.unknown {
			if !now.Before(until) || len(r.unknown) >= maxUnknown {
				delete(r.unknown, other)
			}
		}
	}
	r.unknown[id] = now.Add(unknownFor)
}

// ask starts a request unless one is in flight or the last one was just now. It returns the
// channel that is closed at its end, nil without a request.
func (r *Remote) ask() (flight chan struct{}) {
	if r.flight == nil && r.rested() {
		r.tried, r.flight = r.cfg.Now(), make(chan struct{})
		go r.fetch(r.flight)
	}
	return r.flight
}

// fetch requests the keys. It has its own context, since several requests may wait for it.
func (r *Remote) fetch(flight chan struct{}) {
	defer close(flight)
	keys, err := r.download()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.flight, r.err = nil, err
	if err == nil {
		r.keys, r.fetched = keys, r.cfg.Now()
	}
}

func (r *Remote) download() (keyring, error) {
	body, _, err := r.client.Get(context.Background(), r.url) // the client has a time limit
	if err != nil {
		return nil, err
	}
	keys, err := ParseSet(body)
	if err != nil {
		return nil, err
	}
	return newKeyring(keys)
}
